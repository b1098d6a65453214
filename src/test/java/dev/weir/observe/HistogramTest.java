package dev.weir.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class HistogramTest {
    private static final double[] BOUNDS = Histogram.boundsInSeconds();

    @Test
    void bounds_coverTenMicrosecondsToTwoMinutes() {
        assertThat(BOUNDS[0]).isEqualTo(10e-6);
        assertThat(BOUNDS[BOUNDS.length - 2]).isEqualTo(120.0);
        assertThat(BOUNDS[BOUNDS.length - 1]).isInfinite();
        for (int i = 1; i < BOUNDS.length - 1; i++) {
            assertThat(BOUNDS[i] / BOUNDS[i - 1]).isBetween(1.15, 1.7);
        }
    }

    @Test
    void record_anyDuration_fallsUnderItsFirstBound() {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            long nanos = random.nextLong() >>> (1 + random.nextInt(63));
            assertThat(cellOf(nanos)).as("seed %d, %d ns", seed, nanos).isEqualTo(expectedCell(nanos));
        }
    }

    @Test
    void record_exactlyABound_isUnderIt() {
        for (int i = 0; i < BOUNDS.length - 1; i++) {
            long nanos = Math.round(BOUNDS[i] * 1e9);
            assertThat(cellOf(nanos)).isEqualTo(i);
            assertThat(cellOf(nanos + 1)).isEqualTo(i + 1);
        }
    }

    @Test
    void record_negative_countsAsZero() {
        Histogram histogram = new Histogram();
        histogram.record(-5);
        long[] cells = read(histogram);
        assertThat(cells[0]).isEqualTo(1);
        assertThat(cells[BOUNDS.length]).isZero();
    }

    @Test
    void mergeInto_laterRecords_goToTheTarget() {
        Histogram from = new Histogram();
        Histogram to = new Histogram();
        to.record(1_000_000);
        from.record(2_000_000);
        from.mergeInto(to);
        from.record(3_000_000);
        assertThat(read(to)[BOUNDS.length]).isEqualTo(6_000_000);
    }

    private static int cellOf(long nanos) {
        Histogram histogram = new Histogram();
        histogram.record(nanos);
        long[] cells = read(histogram);
        assertThat(cells[BOUNDS.length]).isEqualTo(nanos);
        for (int i = 0; i < BOUNDS.length; i++) {
            if (cells[i] == 1) {
                return i;
            }
        }
        throw new AssertionError("not counted");
    }

    private static int expectedCell(long nanos) {
        int cell = 0;
        while (nanos > Math.round(BOUNDS[cell] * 1e9) && cell < BOUNDS.length - 1) {
            cell++;
        }
        return cell;
    }

    private static long[] read(Histogram histogram) {
        long[] cells = new long[Histogram.CELLS];
        histogram.addTo(cells);
        return cells;
    }
}
