package dev.weir.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PaceTest {
    private static final Duration DAY = Duration.ofDays(1);

    @Test
    void backoff_failuresInARow_doublesWithinAFifthUpToItsBound() {
        Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30), new Random(1));
        long expected = 1000;
        for (int i = 0; i < 100; i++) {
            assertThat(backoff.failed().toMillis()).isBetween(expected * 8 / 10 - 1, expected * 12 / 10 + 1);
            expected = Math.min(30_000, 2 * expected);
        }
    }

    @Test
    void backoff_worked_beginsAnew() {
        Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30), new Random(1));
        backoff.failed();
        backoff.failed();
        backoff.worked();
        assertThat(backoff.failed()).isLessThan(Duration.ofMillis(1300));
    }

    @Test
    void doubt_oneOfIt_isFollowedByLooksThatBecomeRare() {
        DoubtPace pace = new DoubtPace(Duration.ofSeconds(1), Duration.ofSeconds(4));
        pace.doubt();
        assertThat(pace.looks(0)).isZero();
        assertThat(pace.pause(DAY)).isEqualTo(Duration.ofSeconds(1));
        assertThat(pace.pause(DAY)).isEqualTo(Duration.ofSeconds(2));
        assertThat(pace.pause(DAY)).isEqualTo(Duration.ofSeconds(4));
        assertThat(pace.pause(DAY)).isEqualTo(DAY);
    }

    @Test
    void doubt_again_doesNotMakeLooksMoreFrequentThanAllowed() {
        DoubtPace pace = new DoubtPace(Duration.ofSeconds(1), Duration.ofSeconds(4));
        pace.doubt();
        assertThat(pace.looks(0)).isZero();
        pace.doubt();
        assertThat(pace.looks(TimeUnit.MILLISECONDS.toNanos(300))).isEqualTo(Duration.ofMillis(700));
        assertThat(pace.looks(TimeUnit.SECONDS.toNanos(1))).isZero();
    }

    @Test
    void doubt_changedMeanwhile_isOver() {
        DoubtPace pace = new DoubtPace(Duration.ofSeconds(1), Duration.ofSeconds(4));
        pace.doubt();
        pace.looks(0);
        pace.clear();
        assertThat(pace.pause(DAY)).isEqualTo(DAY);
    }
}
