package dev.weir.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class IdleLifetimeTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    /** A clock may start anywhere. */
    private static final long BORN = -3 * SECOND;

    private final IdleLifetime lifetime = new IdleLifetime(BORN);

    private boolean trusts(long idle, long age) {
        return lifetime.trusts(idle, BORN + age);
    }

    @Test
    void newServer_notTrustedForASecond() {
        assertThat(trusts(0, 0)).isFalse();
        assertThat(trusts(1, SECOND - 1)).isFalse();
        assertThat(trusts(1, SECOND)).isTrue();
    }

    @Test
    void nothingLearned_trustedForHalfOfTheTimeWatched() {
        assertThat(trusts(4 * SECOND, 10 * SECOND)).isTrue();
        assertThat(trusts(5 * SECOND, 10 * SECOND)).isFalse();
    }

    @Test
    void closesSeen_trustedForHalfOfTheShortestLife() {
        lifetime.closedAfter(6 * SECOND, BORN + 20 * SECOND);
        lifetime.closedAfter(4 * SECOND, BORN + 20 * SECOND);
        lifetime.closedAfter(5 * SECOND, BORN + 20 * SECOND);
        assertThat(trusts(2 * SECOND - 1, 21 * SECOND)).isTrue();
        assertThat(trusts(2 * SECOND, 21 * SECOND)).isFalse();
    }

    @Test
    void earlyClose_notTrustedForTwoSecondsThenForgotten() {
        lifetime.closedAfter(SECOND / 20, BORN + 10 * SECOND);
        assertThat(trusts(0, 12 * SECOND - 1)).isFalse();
        assertThat(trusts(SECOND, 12 * SECOND)).isTrue();
    }

    @Test
    void lifeLearned_forgottenAfterTwoEpochs() {
        lifetime.closedAfter(4 * SECOND, BORN + 10 * SECOND);
        assertThat(trusts(3 * SECOND, 35 * SECOND)).as("in the next epoch").isFalse();
        assertThat(trusts(3 * SECOND, 70 * SECOND)).as("in the one after it").isTrue();
    }

    @Test
    void lifeLearned_forgottenAfterALongSilence() {
        lifetime.closedAfter(4 * SECOND, BORN + 10 * SECOND);
        assertThat(trusts(3 * SECOND, 1_000 * SECOND)).isTrue();
    }

    @Test
    void announced_boundsTrustAndKeeping() {
        assertThat(lifetime.announced()).isEqualTo(IdleLifetime.UNKNOWN);
        lifetime.announced(8);
        assertThat(lifetime.announced()).isEqualTo(7 * SECOND);
        assertThat(trusts(4 * SECOND - 1, 100 * SECOND)).isTrue();
        assertThat(trusts(4 * SECOND, 100 * SECOND)).isFalse();
    }

    @Test
    void announcedZero_nothingIsTrustedOrKept() {
        lifetime.announced(0);
        assertThat(lifetime.announced()).isZero();
        assertThat(trusts(0, 100 * SECOND)).isFalse();
    }
}
