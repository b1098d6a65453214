package dev.weir.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.balance.Choice;
import dev.weir.balance.Pool;
import dev.weir.config.AdminState;
import dev.weir.config.PoolConfig;
import dev.weir.observe.Meters;
import dev.weir.pool.Failure;
import dev.weir.pool.Server;
import dev.weir.pool.ServerRegistry;
import dev.weir.upstream.UpstreamSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A pool's servers side by side, fed with what loops would count. Time is made by the test. */
class PoolHealthTest {
    private static final long TICK = Duration.ofMillis(100).toNanos();

    private final Meters meters = new Meters(1);
    private final List<Traffic> traffic = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private final List<Server> withdrawn = new ArrayList<>();
    private final Set<String> doubted = new TreeSet<>();
    private long now = Duration.ofHours(1).toNanos();
    private final PoolHealth.Listener listener = new PoolHealth.Listener() {
        @Override
        public void changed(PoolHealth pool, ServerHealth server, Change change) {
            told.add(server.server.name() + " " + change.to().id() + " "
                    + change.reason().id());
        }

        @Override
        public void withdraw(ServerHealth server) {
            withdrawn.add(server.server);
        }

        @Override
        public void doubt(ServerHealth server) {
            doubted.add(server.server.name());
        }

        @Override
        public void panic(PoolHealth pool, boolean begins) {
            told.add(begins ? "panic" : "no panic");
        }
    };

    private static final String CHANGING = "health: { path: /, fall: 1 }";

    private final ServerRegistry registry = new ServerRegistry();
    private PoolHealth pool = kept(Rules.pool(1, ""));

    private PoolHealth kept(PoolConfig config) {
        Pool balanced = new Pool("web", config, registry.acquire("web", config.servers()));
        return new PoolHealth(balanced, UpstreamSettings.of(config, null), meters, () -> {}, listener, now);
    }

    private void of(int servers, String keys) {
        pool = kept(Rules.pool(servers, keys));
        traffic.clear();
        for (ServerHealth server : pool.servers) {
            server.server.failureListener(server);
            traffic.add(new Traffic(meters, server.server));
        }
        pool.settle(now);
        tick(1);
    }

    private void tick(int ticks) {
        for (int i = 0; i < ticks; i++) {
            now += TICK;
            pool.tick(true, now);
        }
    }

    private ServerState state(int index) {
        return pool.servers.get(index).machine.state();
    }

    private List<ServerState> states() {
        return pool.servers.stream().map(each -> each.machine.state()).toList();
    }

    private Server server(int index) {
        return pool.servers.get(index).server;
    }

    private void check(int index, CheckResult result) {
        pool.servers.get(index).checked(result, now, now);
        pool.settle(now);
    }

    private static CheckResult pass() {
        return new CheckResult(true, null, Duration.ofMillis(1), "status 200");
    }

    private static CheckResult fail() {
        return new CheckResult(false, null, Duration.ofSeconds(1), "no answer");
    }

    /** Whom {@code picks} choices hit. */
    private Set<String> chosen() {
        Set<String> names = new TreeSet<>();
        Choice choice = new Choice(1);
        for (int i = 0; i < 50; i++) {
            Server server = pool.pool.pick(choice);
            if (server != null) {
                names.add(server.name());
            }
        }
        return names;
    }

    @Test
    void refusedRequest_serverGetsNothingFromThatMoment() {
        of(3, "health: off");
        traffic.get(0).fails(1, Failure.REFUSED);
        assertThat(server(0).limit()).as("already on the loop").isZero();
        pool.hear(now);
        assertThat(state(0)).isEqualTo(ServerState.DOWN);
        assertThat(server(0).limit()).isZero();
        assertThat(chosen()).containsExactly("10.0.0.1:9002", "10.0.0.1:9003");
        assertThat(withdrawn).containsExactly(server(0));
    }

    @Test
    void refusedRequest_theOnlyServer_getsNothingEither() {
        of(1, "health: off");
        traffic.get(0).fails(1, Failure.REFUSED);
        assertThat(server(0).limit())
                .as("requests wait for it rather than fail")
                .isZero();
        pool.hear(now);
        assertThat(state(0)).isEqualTo(ServerState.DOWN);
    }

    @Test
    void refusedRequest_detectionOff_onlyAsksForACheck() {
        of(2, "ejection: off\nhealth: { path: /, initial: up }");
        traffic.get(0).fails(1, Failure.REFUSED);
        assertThat(server(0).limit()).isPositive();
        pool.hear(now);
        assertThat(state(0)).isEqualTo(ServerState.UP);
        assertThat(doubted).containsExactly("10.0.0.1:9001");
    }

    @Test
    void fastFailures_afterManyGoodAnswers_ejectWithinFewerThan200() {
        of(3, "health: off");
        for (int i = 0; i < 100; i++) {
            traffic.forEach(each -> each.answers(2000, 1));
            tick(1);
        }
        int failures = 0;
        while (state(0) == ServerState.UP) {
            traffic.get(0).errors(10, 0.05);
            failures += 10;
            traffic.get(1).answers(1, 1);
            traffic.get(2).answers(1, 1);
            now += TICK / 50;
            pool.hear(now);
            assertThat(failures).isLessThan(200);
        }
        assertThat(told).containsExactly("10.0.0.1:9001 ejected failures");
    }

    @Test
    void failures_fewerThanMinRequests_ejectNobody() {
        of(3, "health: off\nejection: { min-requests: 20 }");
        traffic.get(0).errors(19, 1);
        tick(1);
        assertThat(state(0)).isEqualTo(ServerState.UP);
        traffic.get(0).errors(1, 1);
        tick(1);
        assertThat(state(0)).isEqualTo(ServerState.EJECTED);
    }

    @Test
    void allFail_nobodyIsToBlame() {
        of(3, "health: off");
        for (int i = 0; i < 100; i++) {
            traffic.forEach(each -> each.errors(4, 1).answers(1, 1));
            tick(1);
        }
        assertThat(states()).containsOnly(ServerState.UP);
    }

    @Test
    void grayServer_fiveTimesSlower_isEjectedAndItsProbesAreTooSlow() {
        of(4, "health: off");
        for (int i = 0; i < 20; i++) {
            for (int each = 0; each < 4; each++) {
                traffic.get(each).answers(each == 3 ? 2 : 20, each == 3 ? 50 : 1);
            }
            tick(1);
        }
        assertThat(state(3)).isEqualTo(ServerState.EJECTED);
        for (int i = 0; i < 60; i++) {
            traffic.get(0).answers(20, 1);
            traffic.get(1).answers(20, 1);
            traffic.get(2).answers(20, 1);
            if (state(3) == ServerState.PROBING) {
                traffic.get(3).answers(1, 50);
            }
            tick(1);
        }
        assertThat(told)
                .containsExactly(
                        "10.0.0.1:9004 ejected slow",
                        "10.0.0.1:9004 probing ejection-over",
                        "10.0.0.1:9004 ejected slow");
    }

    @Test
    void allSlowTogether_nobodyIsToBlame() {
        of(3, "health: off");
        for (int i = 0; i < 100; i++) {
            double millis = i < 50 ? 2 : 500;
            traffic.forEach(each -> each.answers(10, millis));
            tick(1);
        }
        assertThat(states()).containsOnly(ServerState.UP);
    }

    @Test
    void slowerByMicroseconds_isNoOutlier() {
        of(3, "health: off");
        for (int i = 0; i < 100; i++) {
            traffic.get(0).answers(10, 10);
            traffic.get(1).answers(10, 0.1);
            traffic.get(2).answers(10, 0.1);
            tick(1);
        }
        assertThat(states()).containsOnly(ServerState.UP);
    }

    @Test
    void stalledServer_othersAnswer_isDoubtedThenEjectedAndItsRequestsAreWithdrawn() {
        of(3, "health: off");
        traffic.get(2).waiting(4);
        for (int i = 0; i < 3; i++) {
            traffic.get(0).answers(5, 1);
            tick(1);
        }
        assertThat(doubted).isEmpty();
        for (int i = 0; i < 2; i++) {
            traffic.get(0).answers(5, 1);
            tick(1);
        }
        assertThat(doubted).containsExactly("10.0.0.1:9003");
        for (int i = 0; i < 7; i++) {
            traffic.get(0).answers(5, 1);
            tick(1);
        }
        assertThat(told).containsExactly("10.0.0.1:9003 ejected stalled");
        assertThat(withdrawn).containsExactly(server(2));
    }

    @Test
    void stalledServer_aCheckFailsMeanwhile_isDownBeforeTheSecondFailedCheck() {
        of(3, "health: { path: /, initial: up }");
        traffic.get(2).waiting(1);
        for (int i = 0; i < 5; i++) {
            traffic.get(0).answers(5, 1);
            tick(1);
        }
        check(2, fail());
        assertThat(told).containsExactly("10.0.0.1:9003 down check-failed-while-stalled");
        assertThat(withdrawn).containsExactly(server(2));
    }

    @Test
    void slowRequests_asLongAsOthersThatTheServersAnswer_areNoStall() {
        of(3, "health: off");
        traffic.get(0).answers(1, 4000);
        tick(1);
        traffic.get(2).waiting(5);
        for (int i = 0; i < 100; i++) {
            traffic.get(0).answers(5, 1);
            tick(1);
        }
        assertThat(state(2)).isEqualTo(ServerState.UP);
    }

    @Test
    void nobodyAnswers_isNoServersFault() {
        of(3, "health: off");
        traffic.forEach(each -> each.waiting(10));
        tick(200);
        assertThat(states()).containsOnly(ServerState.UP);
    }

    @Test
    void oneSlowRequest_inAQuietPool_isNoStall() {
        of(3, "health: off");
        traffic.get(2).waiting(1);
        for (int i = 0; i < 10; i++) {
            traffic.get(0).answers(1, 1);
            tick(5);
        }
        assertThat(state(2)).isEqualTo(ServerState.UP);
    }

    @Test
    void unreachable_twiceInARow_isEjected() {
        of(3, "health: off");
        traffic.get(0).fails(1, Failure.UNREACHABLE);
        pool.hear(now);
        assertThat(state(0)).isEqualTo(ServerState.UP);
        assertThat(doubted).containsExactly("10.0.0.1:9001");
        traffic.get(0).fails(1, Failure.UNREACHABLE);
        pool.hear(now);
        assertThat(told).containsExactly("10.0.0.1:9001 ejected unreachable");
    }

    @Test
    void manyFail_atMostTheShareIsEjectedAndNeverTheLast() {
        of(5, "health: off\nejection: { share: 40% }");
        for (int i = 0; i < 20; i++) {
            traffic.get(0).answers(100, 1);
            for (int each = 1; each < 5; each++) {
                traffic.get(each).errors(5, 1);
            }
            tick(1);
        }
        assertThat(states()).filteredOn(state -> state == ServerState.EJECTED).hasSize(2);
        of(2, "health: off\nejection: { share: 100% }");
        for (int i = 0; i < 20; i++) {
            traffic.forEach(each -> each.errors(5, 1));
            traffic.get(0).answers(100, 1);
            tick(1);
        }
        assertThat(states()).containsExactly(ServerState.UP, ServerState.EJECTED);
        traffic.get(0).fails(1, Failure.REFUSED);
        pool.hear(now);
        assertThat(states()).as("better than none").containsExactly(ServerState.DOWN, ServerState.UP);
    }

    @Test
    void probing_oneRequestAtATime_andAFailureStopsItOnTheLoop() {
        of(3, "health: off");
        traffic.get(0).errors(20, 1);
        tick(1);
        tick(50);
        assertThat(state(0)).isEqualTo(ServerState.PROBING);
        assertThat(server(0).limit()).isEqualTo(1);
        assertThat(server(0).tryBegin()).isTrue();
        tick(1);
        assertThat(server(0).tryBegin()).isFalse();
        traffic.get(0).errors(1, 1);
        assertThat(server(0).limit()).isZero();
        server(0).end();
        pool.hear(now);
        assertThat(told.getLast()).isEqualTo("10.0.0.1:9001 ejected probe-failed");
    }

    @Test
    void recovered_getsATenthThatGrows() {
        of(2, "health: { path: /, initial: up }");
        check(0, fail());
        check(0, fail());
        check(0, pass());
        check(0, pass());
        assertThat(pool.shares().weights()).containsExactly(1, 10);
        tick(50);
        assertThat(pool.shares().weights()).containsExactly(5, 10);
        tick(50);
        assertThat(pool.shares().weights()).containsExactly(1, 1);
    }

    @Test
    void allDownButNotRefusing_panicUsesThem() {
        of(4, "health: { path: /, initial: up }");
        for (int i = 0; i < 4; i++) {
            check(i, fail());
            check(i, fail());
        }
        assertThat(states()).containsOnly(ServerState.DOWN);
        assertThat(pool.shares().panic()).isTrue();
        assertThat(chosen()).hasSize(4);
        assertThat(told).contains("panic");
        check(0, pass());
        check(0, pass());
        check(1, pass());
        check(1, pass());
        assertThat(told).contains("no panic");
        assertThat(chosen()).hasSize(2);
    }

    @Test
    void maxRequests_isTheLimitOfAServerThatServes() {
        pool = kept(Rules.of("""
            listeners: [{ bind: "127.0.0.1:0" }]
            pools: { web: { health: off, servers: [{ address: "10.0.0.1:1", max-requests: 7 }] } }
            """));
        pool.settle(now);
        assertThat(server(0).limit()).isEqualTo(7);
    }

    /** Traffic, checks and an operator do what they like. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void anything_somebodyIsUp_getsRequestsAndNobodyKnownDownDoes(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        of(random.nextInt(1, 6), random.nextBoolean() ? "health: off" : "health: { path: / }");
        for (int step = 0; step < 3000; step++) {
            int each = random.nextInt(pool.servers.size());
            switch (random.nextInt(8)) {
                case 0, 1 -> traffic.get(each).answers(random.nextInt(50), random.nextInt(1, 100));
                case 2 -> traffic.get(each).errors(random.nextInt(50), 1);
                case 3 -> traffic.get(each).fails(1, Rules.any(random, Failure.values()));
                case 4 -> check(each, random.nextInt(3) > 0 ? pass() : fail());
                case 5 -> pool.hear(now);
                case 6 -> {
                    if (random.nextInt(20) == 0) {
                        pool.servers.get(each).machine.admin(Rules.any(random, AdminState.values()), now);
                        pool.settle(now);
                    }
                }
                default -> tick(1);
            }
            pool.hear(now);
            invariants();
        }
    }

    private void invariants() {
        int[] weights = pool.shares().weights();
        boolean up = states().stream().anyMatch(ServerState::serves);
        boolean some = false;
        for (int i = 0; i < weights.length; i++) {
            some |= weights[i] > 0;
            ServerState state = state(i);
            assertThat(server(i).limit() > 0)
                    .as("%s: its limit is as its weight", state)
                    .isEqualTo(weights[i] > 0);
            if (weights[i] > 0 && up && !pool.shares().panic()) {
                assertThat(state).isIn(ServerState.UP, ServerState.SLOW_START, ServerState.PROBING);
            }
        }
        assertThat(some).as("somebody up gets requests").isEqualTo(some || up);
        boolean ejected = states().contains(ServerState.EJECTED);
        boolean others = states().stream()
                .anyMatch(state ->
                        state == ServerState.UP || state == ServerState.SLOW_START || state == ServerState.CHECKING);
        assertThat(!ejected || others)
                .as("the last is never ejected: %s", states())
                .isTrue();
    }

    @Test
    void afterQuietHours_failuresAreSeenAsEver() {
        of(3, "health: off");
        traffic.forEach(each -> each.answers(100, 1));
        tick(36_000);
        for (int i = 0; i < 40 && state(0) == ServerState.UP; i++) {
            traffic.get(0).errors(10, 0.05);
            traffic.get(1).answers(10, 1);
            traffic.get(2).answers(10, 1);
            tick(1);
        }
        assertThat(state(0)).isEqualTo(ServerState.EJECTED);
    }

    @Test
    void change_serverLeaves_restKeepsItsState() {
        of(3, CHANGING);
        check(0, fail());
        check(1, pass());
        check(2, pass());
        ServerHealth down = pool.servers.get(0);
        PoolConfig two = Rules.pool(2, CHANGING);
        List<ServerHealth> gone = change(two);
        assertThat(gone).extracting(each -> each.server.name()).containsExactly("10.0.0.1:9003");
        assertThat(pool.servers).hasSize(2).first().isSameAs(down);
        assertThat(states()).containsExactly(ServerState.DOWN, ServerState.UP);
        assertThat(chosen()).containsExactly("10.0.0.1:9002");
    }

    @Test
    void change_serverComesToOthers_startsSlowlyAfterItsFirstCheck() {
        of(2, CHANGING);
        check(0, pass());
        check(1, pass());
        change(Rules.pool(3, CHANGING));
        assertThat(states()).containsExactly(ServerState.UP, ServerState.UP, ServerState.CHECKING);
        assertThat(chosen()).containsExactly("10.0.0.1:9001", "10.0.0.1:9002");
        check(2, pass());
        assertThat(state(2)).isEqualTo(ServerState.SLOW_START);
        assertThat(chosen()).hasSize(3);
    }

    @Test
    void change_ofChecks_keepsWhatIsKnown() {
        of(2, CHANGING);
        check(0, fail());
        check(1, pass());
        change(Rules.pool(2, CHANGING + "\nbalance: random"));
        assertThat(states()).containsExactly(ServerState.DOWN, ServerState.UP);
        change(Rules.pool(2, "health: off"));
        tick(1);
        assertThat(state(0)).isEqualTo(ServerState.PROBING);
        assertThat(state(1)).isEqualTo(ServerState.UP);
    }

    private List<ServerHealth> change(PoolConfig next) {
        List<ServerHealth> gone =
                pool.change(next, registry.acquire("web", next.servers()), UpstreamSettings.of(next, null), now);
        pool.settle(now);
        return gone;
    }
}
