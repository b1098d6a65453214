package dev.weir.health;

import dev.weir.config.EjectionConfig;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which servers of a pool behave worse than the others, as their traffic tells. Pure. A server is judged beside the
 * others, never alone: when all fail, or all are slow, no server is to blame.
 */
final class Outliers {
    /** A server that is slower is no outlier before it is so much slower. */
    private static final long LEAST_SLOWER = Duration.ofMillis(20).toNanos();

    private static final long LEAST_LAG = Duration.ofMillis(2).toNanos();
    private static final long LEAST_SILENCE = Duration.ofSeconds(1).toNanos();
    private static final long SUSPICIOUS_SILENCE = Duration.ofMillis(250).toNanos();
    /** So many waiting requests show a stall by themselves. */
    private static final int MANY_WAITING = 3;
    /** With fewer, the others must have answered so many meanwhile. */
    private static final int MANY_ANSWERED = 20;
    /** Two connections in a row that cannot be made are no accident. */
    private static final int UNREACHABLE = 2;

    /** What is known of one server. */
    interface Candidate {
        TrafficWindow window();

        /** Whether it gets its requests as others do, so that others can be measured by it. */
        boolean measure();
    }

    private final List<? extends Candidate> pool;
    private final EjectionConfig config;
    private double failures;
    private long answers;
    /** The median time to the first byte of each server, -1 where there is none, and in order those to measure by. */
    private final long[] medians;

    private final long[] sorted;
    private int measured;

    Outliers(List<? extends Candidate> pool, EjectionConfig config) {
        this.pool = pool;
        this.config = config;
        this.medians = new long[pool.size()];
        this.sorted = new long[pool.size()];
        Arrays.fill(medians, -1);
    }

    /** Looks at all failures anew. */
    void measureFailures() {
        failures = 0;
        answers = 0;
        for (Candidate each : pool) {
            long count = each.window().answers();
            failures += each.window().failureShare() * count;
            answers += count;
        }
    }

    /** Looks at all times anew. */
    void measureTimes() {
        measured = 0;
        for (int i = 0; i < medians.length; i++) {
            medians[i] = pool.get(i).window().median(config.minRequests());
            if (medians[i] >= 0 && pool.get(i).measure()) {
                sorted[measured++] = medians[i];
            }
        }
        Arrays.sort(sorted, 0, measured);
    }

    /** Whether it fails so much more than the others that it is the server's fault. */
    @Nullable Signal failing(int index) {
        TrafficWindow window = pool.get(index).window();
        if (window.unreachable() >= UNREACHABLE) {
            return new Signal(Reason.UNREACHABLE, window.unreachable() + " connections in a row could not be made");
        }
        long own = window.answers();
        double share = window.failureShare();
        if (own < config.minRequests() || share * 100 < config.failures()) {
            return null;
        }
        double others = answers == own ? 0 : Math.max(0, failures - share * own) / (answers - own);
        if (others * 2 > share) {
            return null;
        }
        return new Signal(
                Reason.FAILURES,
                percent(share) + " of its answers are failures (" + window.failures() + " of " + own
                        + " in the window), " + percent(others) + " of the others'");
    }

    /** Whether the median time to its first byte is far from those of the others. */
    @Nullable Signal slow(int index) {
        return slow(medians[index], others(index));
    }

    /** Whether so few answers as a probed server has given are far too slow. */
    @Nullable Signal slowProbes(int index) {
        return slow(pool.get(index).window().median(1), others(index));
    }

    private @Nullable Signal slow(long own, long others) {
        if (own < 0 || others < 0 || config.slowerBy() == Integer.MAX_VALUE) {
            return null;
        }
        if (own < others * config.slowerBy() || own < others + LEAST_SLOWER) {
            return null;
        }
        return new Signal(
                Reason.SLOW,
                "the median time to its first byte is " + millis(own) + ", that of the others " + millis(others));
    }

    /** Whether it takes half as long again as the others, which holds slow start back. */
    boolean lagging(int index) {
        long own = medians[index];
        long others = own < 0 ? -1 : others(index);
        return others >= 0 && own * 2 > others * 3 && own > others + LEAST_LAG;
    }

    /** The median time to the first byte of this server; -1 for too few answers. */
    long median(int index) {
        return medians[index];
    }

    /** The median of the others' medians; -1 when none has answered enough. */
    private long others(int index) {
        long own = medians[index];
        boolean counted = own >= 0 && pool.get(index).measure();
        int size = counted ? measured - 1 : measured;
        if (size <= 0) {
            return -1;
        }
        int middle = (size - 1) / 2;
        return sorted[counted && sorted[middle] >= own ? middle + 1 : middle];
    }

    /** Whether requests have waited for it so long, while others were answered, that a check should look. */
    static boolean suspicious(TrafficWindow window, long poolAnswers, long now) {
        return window.silence(now) >= SUSPICIOUS_SILENCE && window.othersAnswered(poolAnswers) > 0;
    }

    /**
     * Whether it has stopped answering. The others must have gone on: a stall of all is not a server's fault.
     *
     * @param longest time to a first byte that was seen in the pool lately
     * @param vouched a check that does what requests do has passed since it fell silent, so it gets twice the time
     */
    static @Nullable Signal stalled(TrafficWindow window, long poolAnswers, long longest, boolean vouched, long now) {
        long silence = window.silence(now);
        long others = window.othersAnswered(poolAnswers);
        if (silence < Math.max(vouched ? 2 * LEAST_SILENCE : LEAST_SILENCE, 3 * longest)) {
            return null;
        }
        boolean clear = window.waiting() >= MANY_WAITING ? others > 0 : others >= MANY_ANSWERED;
        return clear
                ? new Signal(
                        Reason.STALLED,
                        window.waiting() + " requests wait and no answer began for " + millis(silence)
                                + ", while others answered " + others)
                : null;
    }

    private static String percent(double share) {
        return Math.round(share * 100) + " %";
    }

    private static String millis(long nanos) {
        return nanos < 10_000_000 ? Math.round(nanos / 10_000.0) / 100.0 + " ms" : nanos / 1_000_000 + " ms";
    }
}
