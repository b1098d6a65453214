package dev.weir.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SharesTest {
    private record Fake(ServerState state, int tenths, boolean refusing, int weight, boolean backup)
            implements Shares.Member {}

    private static Fake is(ServerState state) {
        return new Fake(state, 10, false, 1, false);
    }

    private static Fake refusing() {
        return new Fake(ServerState.DOWN, 10, true, 1, false);
    }

    private static Fake backup(ServerState state) {
        return new Fake(state, 10, false, 1, true);
    }

    private static int[] weights(Fake... members) {
        return Shares.of(List.of(members), 30).weights();
    }

    @Test
    void allUp_haveTheirWeights() {
        assertThat(weights(is(ServerState.UP), new Fake(ServerState.UP, 10, false, 3, false)))
                .containsExactly(1, 3);
    }

    @Test
    void onesOut_getNothing() {
        assertThat(weights(
                        is(ServerState.UP),
                        is(ServerState.DOWN),
                        is(ServerState.EJECTED),
                        is(ServerState.DRAINING),
                        is(ServerState.MAINTENANCE),
                        is(ServerState.CHECKING),
                        is(ServerState.PROBING),
                        is(ServerState.SLOW_START)))
                .containsExactly(1, 0, 0, 0, 0, 0, 1, 1);
    }

    @Test
    void slowStart_hasTenthsOfItsWeight() {
        assertThat(weights(
                        new Fake(ServerState.SLOW_START, 3, false, 2, false),
                        is(ServerState.UP),
                        new Fake(ServerState.UP, 10, false, 0, false)))
                .containsExactly(6, 10, 0);
    }

    @Test
    void nothingKnownYet_allAreUsed() {
        assertThat(weights(is(ServerState.CHECKING), is(ServerState.CHECKING), refusing()))
                .containsExactly(1, 1, 0);
    }

    @Test
    void backups_areUsedOnlyWhenNoOtherIsUp() {
        assertThat(weights(is(ServerState.UP), is(ServerState.UP), backup(ServerState.UP)))
                .containsExactly(1, 1, 0);
        assertThat(weights(refusing(), is(ServerState.DOWN), backup(ServerState.UP)))
                .containsExactly(0, 0, 1);
        assertThat(weights(is(ServerState.DRAINING), backup(ServerState.UP))).containsExactly(0, 1);
    }

    @Test
    void tooFewUp_allThatDoNotRefuseAreUsed() {
        Shares shares =
                Shares.of(List.of(is(ServerState.UP), is(ServerState.DOWN), is(ServerState.EJECTED), refusing()), 30);
        assertThat(shares.weights()).containsExactly(1, 1, 1, 0);
        assertThat(shares.panic()).isTrue();
        assertThat(Shares.of(List.of(is(ServerState.UP), is(ServerState.DOWN), is(ServerState.DOWN), refusing()), 25)
                        .panic())
                .isFalse();
    }

    @Test
    void tooFewUp_backupsAreThere_noPanic() {
        Shares shares = Shares.of(
                List.of(
                        is(ServerState.UP),
                        is(ServerState.DOWN),
                        is(ServerState.DOWN),
                        is(ServerState.DOWN),
                        backup(ServerState.UP)),
                30);
        assertThat(shares.weights()).containsExactly(1, 0, 0, 0, 1);
        assertThat(shares.panic()).isFalse();
    }

    @Test
    void allRefuse_nobodyGetsAnything() {
        Shares shares = Shares.of(List.of(refusing(), refusing()), 30);
        assertThat(shares.weights()).containsOnly(0);
        assertThat(shares.panic()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void anyPool_neverUsesAServerThatIsKnownToRefuseOrThatAnOperatorWithdrew(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 2000; round++) {
            List<Fake> pool = new ArrayList<>();
            for (int i = random.nextInt(1, 8); i > 0; i--) {
                ServerState state = Rules.any(random, ServerState.values());
                boolean refusing = state == ServerState.DOWN && random.nextBoolean();
                pool.add(new Fake(state, random.nextInt(1, 11), refusing, random.nextInt(3), random.nextInt(4) == 0));
            }
            int panicBelow = random.nextInt(0, 101);
            Shares shares = Shares.of(pool, panicBelow);
            boolean someUp = false;
            boolean someGet = false;
            for (int i = 0; i < pool.size(); i++) {
                Fake each = pool.get(i);
                someUp |= each.weight > 0 && each.state.serves();
                someGet |= shares.weights()[i] > 0;
                if (shares.weights()[i] > 0) {
                    assertThat(each.refusing).isFalse();
                    assertThat(each.weight).isPositive();
                    assertThat(each.state).isNotIn(ServerState.DRAINING, ServerState.MAINTENANCE);
                    assertThat(each.state.serves() || each.state == ServerState.CHECKING || shares.panic())
                            .isTrue();
                }
            }
            assertThat(someGet || !someUp)
                    .as("somebody is up but nobody gets anything: %s", pool)
                    .isTrue();
        }
    }
}
