package dev.weir.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.AdminState;
import dev.weir.observe.Cause;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HealthMachineTest {
    private static final String CHECKED = "health: { path: /health, every: 2s }\nslow-start: 10s";
    private static final CheckResult PASS = new CheckResult(true, null, Duration.ofMillis(1), "status 200");
    private static final CheckResult FAIL = new CheckResult(false, null, Duration.ofMillis(1), "status 503");
    private static final CheckResult REFUSED =
            new CheckResult(false, Cause.CONNECT_REFUSED, Duration.ofMillis(1), "connection refused");
    private static final Signal FAILS = new Signal(Reason.FAILURES, "80 % of its answers are failures");

    private long now = seconds(1000);
    private HealthMachine machine = new HealthMachine(Rules.of(2, CHECKED), false, now);

    private static long seconds(double seconds) {
        return (long) (seconds * 1e9);
    }

    private void with(String keys) {
        machine = new HealthMachine(Rules.of(2, keys), false, now);
    }

    private void check(CheckResult... results) {
        for (CheckResult result : results) {
            now += seconds(0.1);
            machine.checked(result, now - 1, now);
        }
    }

    /** Time passes in ticks, as the keeper makes it. */
    private void pass(double seconds) {
        for (long end = now + seconds(seconds); now < end; ) {
            now = Math.min(end, now + seconds(0.1));
            machine.tick(false, now);
        }
    }

    private void is(ServerState state, Reason reason) {
        assertThat(machine.state()).isEqualTo(state);
        assertThat(machine.lastChange().reason()).isEqualTo(reason);
    }

    @Test
    void firstCheck_passes_isUpWithItsWholeShare() {
        assertThat(machine.state()).isEqualTo(ServerState.CHECKING);
        check(PASS);
        is(ServerState.UP, Reason.FIRST_CHECK);
        assertThat(machine.tenths()).isEqualTo(10);
    }

    @Test
    void firstCheck_fails_isDownAtOnce() {
        check(FAIL);
        is(ServerState.DOWN, Reason.FIRST_CHECK);
        assertThat(machine.refusing()).isFalse();
    }

    @Test
    void initial_upOrDown_isSoUntilChecksSayOtherwise() {
        with("health: { path: /, initial: up }");
        assertThat(machine.state()).isEqualTo(ServerState.UP);
        check(FAIL);
        assertThat(machine.state()).isEqualTo(ServerState.UP);
        check(FAIL);
        is(ServerState.DOWN, Reason.CHECKS_FAILED);
        with("health: { path: /, initial: down }");
        check(PASS);
        assertThat(machine.state()).isEqualTo(ServerState.DOWN);
        check(PASS);
        is(ServerState.SLOW_START, Reason.CHECKS_PASSED);
    }

    @Test
    void checks_fallAndRise_takeAsManyInARowAsConfigured() {
        with("health: { path: /, rise: 3, fall: 3 }");
        check(PASS, FAIL, FAIL, PASS, FAIL, FAIL);
        assertThat(machine.state()).isEqualTo(ServerState.UP);
        check(FAIL);
        is(ServerState.DOWN, Reason.CHECKS_FAILED);
        check(PASS, PASS, FAIL, PASS, PASS);
        assertThat(machine.state()).isEqualTo(ServerState.DOWN);
        check(PASS);
        is(ServerState.SLOW_START, Reason.CHECKS_PASSED);
    }

    @Test
    void interval_whileChanging_isShorter() {
        check(PASS);
        assertThat(machine.nextCheck()).isEqualTo(seconds(2));
        check(FAIL);
        assertThat(machine.nextCheck()).isEqualTo(seconds(0.5));
        check(FAIL);
        assertThat(machine.nextCheck())
                .as("down, with one more to come it is back within 2 s")
                .isEqualTo(seconds(1.5));
        check(PASS);
        assertThat(machine.nextCheck()).isEqualTo(seconds(0.5));
    }

    @Test
    void refusedRequest_downAtOnceUntilChecksPass() {
        check(PASS);
        machine.refused("connection refused", now);
        is(ServerState.DOWN, Reason.REFUSED);
        assertThat(machine.refusing()).isTrue();
        pass(600);
        assertThat(machine.state()).isEqualTo(ServerState.DOWN);
        check(PASS, PASS);
        is(ServerState.SLOW_START, Reason.CHECKS_PASSED);
        assertThat(machine.refusing()).isFalse();
    }

    @Test
    void checkThatBeganBeforeTheRefusal_passes_isIgnored() {
        with("health: { path: /, rise: 1 }");
        check(PASS);
        long began = now + 1;
        machine.refused("connection refused", now + 2);
        machine.checked(PASS, began, now + 3);
        assertThat(machine.state()).isEqualTo(ServerState.DOWN);
        machine.checked(PASS, now + 4, now + 5);
        assertThat(machine.state()).isEqualTo(ServerState.SLOW_START);
    }

    @Test
    void refusedRequest_withoutChecks_probesAfterABackOffThatDoubles() {
        with("health: off\nejection: { longest: 4s }");
        for (double backOff : new double[] {1, 2, 4, 4}) {
            machine.refused("connection refused", now);
            pass(backOff - 0.1);
            assertThat(machine.state()).isEqualTo(ServerState.DOWN);
            pass(0.1);
            is(ServerState.PROBING, Reason.BACK_OFF_OVER);
        }
        machine.probesPassed(HealthMachine.PROBES, now);
        is(ServerState.SLOW_START, Reason.PROBES_PASSED);
    }

    @Test
    void hurry_withoutChecks_endsTheBackOffAfterASecond() {
        with("health: off");
        for (int i = 0; i < 5; i++) {
            machine.refused("connection refused", now);
            pass(0.9);
            machine.hurry(now);
            machine.tick(false, now);
            assertThat(machine.state()).isEqualTo(ServerState.DOWN);
            pass(0.1);
            assertThat(machine.state()).isEqualTo(ServerState.PROBING);
        }
    }

    @Test
    void ejected_checksPass_staysSoForItsTime() {
        check(PASS);
        machine.eject(FAILS, now);
        is(ServerState.EJECTED, Reason.FAILURES);
        pass(2);
        check(PASS, PASS, PASS);
        assertThat(machine.state()).isEqualTo(ServerState.EJECTED);
        pass(3);
        is(ServerState.PROBING, Reason.EJECTION_OVER);
        check(PASS, PASS, PASS);
        assertThat(machine.state()).isEqualTo(ServerState.PROBING);
    }

    @Test
    void ejected_aCheckFails_isDownAndComesBackByWayOfProbing() {
        check(PASS);
        machine.eject(FAILS, now);
        check(FAIL);
        is(ServerState.DOWN, Reason.CHECK_FAILED_WHILE_EJECTED);
        check(PASS, PASS);
        is(ServerState.EJECTED, Reason.CHECKS_PASSED);
        pass(5);
        assertThat(machine.state()).isEqualTo(ServerState.PROBING);
        check(FAIL);
        assertThat(machine.state()).isEqualTo(ServerState.DOWN);
        pass(5);
        check(PASS, PASS);
        is(ServerState.PROBING, Reason.CHECKS_PASSED);
    }

    @Test
    void probing_requestsSucceed_slowStartThenUp() {
        check(PASS);
        machine.eject(FAILS, now);
        pass(5);
        machine.probesPassed(HealthMachine.PROBES - 1, now);
        assertThat(machine.state()).isEqualTo(ServerState.PROBING);
        machine.probesPassed(1, now);
        is(ServerState.SLOW_START, Reason.PROBES_PASSED);
        assertThat(machine.tenths()).isEqualTo(1);
        pass(5);
        assertThat(machine.tenths()).isEqualTo(5);
        pass(5);
        is(ServerState.UP, Reason.WARMED_UP);
    }

    @Test
    void probing_aRequestFails_ejectedForTwiceTheTimeUpToTheLongest() {
        with("health: off\nejection: { time: 5s, longest: 18s }");
        machine.eject(FAILS, now);
        for (double time : new double[] {5, 10, 18, 18}) {
            pass(time - 0.1);
            assertThat(machine.state()).as("after %s s", time - 0.1).isEqualTo(ServerState.EJECTED);
            pass(0.1);
            assertThat(machine.state()).as("after %s s", time).isEqualTo(ServerState.PROBING);
            machine.eject(new Signal(Reason.PROBE_FAILED, "a request failed"), now);
        }
    }

    @Test
    void ejections_healthyStretches_areForgottenOneByOne() {
        with("health: off\nslow-start: 0s\nejection: { time: 5s }");
        for (int i = 0; i < 3; i++) {
            machine.eject(FAILS, now);
            pass(40);
            machine.probesPassed(HealthMachine.PROBES, now);
        }
        pass(300);
        machine.eject(FAILS, now);
        pass(5);
        assertThat(machine.state()).isEqualTo(ServerState.PROBING);
    }

    @Test
    void oneFailedCheck_whileRequestsWait_isEnough() {
        check(PASS);
        machine.suspected(true);
        check(FAIL);
        is(ServerState.DOWN, Reason.CHECK_FAILED_WHILE_STALLED);
    }

    @Test
    void needed_whileEjected_isUpAtOnce() {
        check(PASS);
        machine.eject(FAILS, now);
        machine.needed(now);
        is(ServerState.UP, Reason.NEEDED);
    }

    @Test
    void slowStart_slowerThanTheOthers_isHeldBackButNotForEver() {
        check(FAIL, PASS, PASS);
        assertThat(machine.state()).isEqualTo(ServerState.SLOW_START);
        for (int i = 0; i < 399; i++) {
            now += seconds(0.1);
            machine.tick(true, now);
        }
        assertThat(machine.state()).isEqualTo(ServerState.SLOW_START);
        assertThat(machine.tenths()).isEqualTo(1);
        now += seconds(0.1);
        machine.tick(true, now);
        is(ServerState.UP, Reason.WARMED_UP);
    }

    @Test
    void drain_whateverChecksSay_winsAndEndsInSlowStart() {
        check(PASS);
        machine.admin(AdminState.DRAIN, now);
        is(ServerState.DRAINING, Reason.DRAIN);
        check(FAIL, FAIL);
        assertThat(machine.state()).isEqualTo(ServerState.DRAINING);
        assertThat(machine.health()).isEqualTo(ServerState.DOWN);
        machine.admin(AdminState.READY, now);
        is(ServerState.DOWN, Reason.READY);
        check(PASS, PASS);
        machine.admin(AdminState.DRAIN, now);
        pass(20);
        machine.admin(AdminState.READY, now);
        assertThat(machine.state()).isEqualTo(ServerState.SLOW_START);
    }

    @Test
    void maintenance_ends_theFirstCheckDecides() {
        check(PASS);
        machine.admin(AdminState.MAINT, now);
        is(ServerState.MAINTENANCE, Reason.MAINT);
        check(FAIL, FAIL);
        machine.admin(AdminState.READY, now);
        is(ServerState.CHECKING, Reason.READY);
        check(PASS);
        is(ServerState.SLOW_START, Reason.FIRST_CHECK);
    }

    @Test
    void flapping_server_needsMoreChecksToReturnUntilItIsQuiet() {
        check(PASS);
        for (int i = 0; i < 3; i++) {
            check(FAIL, FAIL, PASS, PASS);
        }
        assertThat(machine.flapping(now)).isTrue();
        assertThat(machine.state()).as("two checks are not enough now").isEqualTo(ServerState.DOWN);
        for (int i = 0; i < 20; i++) {
            check(PASS);
        }
        assertThat(machine.state()).isEqualTo(ServerState.SLOW_START);
        pass(180);
        assertThat(machine.flapping(now)).isFalse();
    }

    @Test
    void history_manyChanges_isBounded() {
        for (int i = 0; i < 100; i++) {
            check(FAIL, FAIL, PASS, REFUSED);
            machine.admin(i % 2 == 0 ? AdminState.DRAIN : AdminState.READY, now);
        }
        assertThat(machine.changes()).hasSize(HealthMachine.CHANGES);
        assertThat(machine.checks()).hasSize(HealthMachine.CHECKS);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void constantServer_anyTicks_neverChanges(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        check(PASS);
        int changes = machine.changes().size();
        for (int i = 0; i < 1000; i++) {
            now += random.nextLong(seconds(3));
            switch (random.nextInt(3)) {
                case 0 -> check(PASS);
                case 1 -> machine.probesPassed(1, now);
                default -> machine.tick(random.nextBoolean(), now);
            }
        }
        assertThat(machine.changes()).hasSize(changes);
        assertThat(machine.flapping(now)).isFalse();
    }

    /** Any inputs in any order. The same seed gives the same inputs. */
    private List<ServerState> walk(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<ServerState> states = new ArrayList<>();
        now = seconds(1000);
        with(random.nextBoolean() ? CHECKED : "health: off");
        for (int i = 0; i < 2000; i++) {
            now += random.nextLong(seconds(2));
            switch (random.nextInt(9)) {
                case 0, 1 -> machine.checked(PASS, now - random.nextLong(seconds(1)), now);
                case 2 -> machine.checked(random.nextBoolean() ? FAIL : REFUSED, now - 1, now);
                case 3 -> machine.refused("refused", now);
                case 4 -> machine.eject(FAILS, now);
                case 5 -> machine.probesPassed(1 + random.nextInt(2), now);
                case 6 -> machine.admin(Rules.any(random, AdminState.values()), now);
                case 7 -> machine.suspected(random.nextBoolean());
                default -> machine.tick(random.nextBoolean(), now);
            }
            states.add(machine.state());
            invariants();
        }
        return states;
    }

    private void invariants() {
        assertThat(machine.tenths()).isBetween(1, 10);
        assertThat(machine.nextCheck()).isPositive();
        assertThat(machine.lastChange().to()).isEqualTo(machine.state());
        switch (machine.admin()) {
            case READY -> assertThat(machine.state()).isEqualTo(machine.health());
            case DRAIN -> assertThat(machine.state()).isEqualTo(ServerState.DRAINING);
            case MAINT -> assertThat(machine.state()).isEqualTo(ServerState.MAINTENANCE);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14, 15, 16, 17, 18})
    void randomInputs_sameSeed_giveTheSameStates(long seed) {
        assertThat(walk(seed)).isEqualTo(walk(seed));
    }

    @Test
    void added_toOthersAtWork_warmsUp() {
        machine = new HealthMachine(Rules.of(2, CHECKED), true, now);
        check(PASS);
        is(ServerState.SLOW_START, Reason.FIRST_CHECK);
        machine = new HealthMachine(Rules.of(2, "health: off"), true, now);
        assertThat(machine.state()).isEqualTo(ServerState.SLOW_START);
    }

    @Test
    void rules_withoutChecksWhileChecking_itServes() {
        machine.rules(Rules.of(2, "health: off"), now);
        is(ServerState.SLOW_START, Reason.CONFIGURED);
    }
}
