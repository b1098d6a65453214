package dev.weir.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.weir.observe.Histogram;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TrafficWindowTest {
    private static final long TICK = Duration.ofMillis(100).toNanos();

    private final TrafficWindow window =
            new TrafficWindow(Duration.ofSeconds(10).toNanos());
    private final TrafficReading reading = new TrafficReading();
    private long now = Duration.ofHours(1).toNanos();

    @BeforeEach
    void begin() {
        reading.responses = 1_000_000;
        reading.statuses = 500;
        window.add(reading, true, now);
    }

    private void tick(int ticks) {
        for (int i = 0; i < ticks; i++) {
            now += TICK;
            window.add(reading, true, now);
        }
    }

    private void answers(int count, double millis) {
        reading.responses += count;
        long[] more = Traffic.cells(count, Duration.ofNanos((long) (millis * 1e6)));
        for (int i = 0; i < Histogram.CELLS; i++) {
            reading.firstByte[i] += more[i];
        }
    }

    @Test
    void countsBeforeTheFirstReading_areNotOfTheWindow() {
        tick(1);
        assertThat(window.answers()).isZero();
        assertThat(window.failureShare()).isZero();
    }

    @Test
    void failures_withStatusAndWithout_areSharesOfAllThatCame() {
        answers(10, 1);
        reading.statuses += 4;
        reading.lost += 5;
        reading.timeouts += 5;
        tick(1);
        assertThat(window.answers()).isEqualTo(20);
        assertThat(window.failures()).isEqualTo(14);
        assertThat(window.failureShare()).isEqualTo(0.7);
        assertThat(window.newFailures()).isEqualTo(14);
    }

    @Test
    void answers_olderThanTheWindow_areForgotten() {
        answers(100, 5);
        tick(1);
        tick(90);
        assertThat(window.answers()).isEqualTo(100);
        tick(20);
        assertThat(window.answers()).isZero();
        assertThat(window.median(1)).isEqualTo(-1);
    }

    @Test
    void failuresOfLate_afterManyGoodAnswers_showAtOnce() {
        for (int i = 0; i < 50; i++) {
            answers(1000, 1);
            tick(1);
        }
        answers(40, 0.1);
        reading.statuses += 40;
        tick(1);
        assertThat(window.failureShare()).isGreaterThan(0.5);
    }

    @Test
    void median_ofLateOrElseOfTheWindow() {
        answers(1000, 2);
        tick(1);
        assertThat(window.median(10) / 1e6).isCloseTo(2, within(0.5));
        tick(50);
        assertThat(window.median(10) / 1e6).as("nothing came of late").isCloseTo(2, within(0.5));
        answers(10, 100);
        tick(1);
        assertThat(window.median(10) / 1e6).isCloseTo(100, within(30.0));
    }

    @Test
    void median_tooFewAnswers_isUnknown() {
        answers(9, 2);
        tick(1);
        assertThat(window.median(10)).isEqualTo(-1);
    }

    @Test
    void silence_lastsFromTheFirstThatWaitsToTheNextAnswer() {
        tick(10);
        reading.awaiting = 1;
        tick(1);
        assertThat(window.silence(now)).isZero();
        reading.awaiting = 3;
        tick(7);
        assertThat(window.silence(now)).isEqualTo(7 * TICK);
        answers(1, 700);
        tick(1);
        assertThat(window.silence(now)).isZero();
        tick(2);
        assertThat(window.silence(now)).isEqualTo(2 * TICK);
        reading.awaiting = 0;
        tick(5);
        assertThat(window.silence(now)).isZero();
    }

    @Test
    void unreachable_countsWhatFailsInARow() {
        reading.unreachable += 2;
        tick(1);
        assertThat(window.unreachable()).isEqualTo(2);
        reading.unreachable++;
        tick(1);
        assertThat(window.unreachable()).isEqualTo(3);
        answers(1, 1);
        tick(1);
        assertThat(window.unreachable()).isZero();
    }
}
