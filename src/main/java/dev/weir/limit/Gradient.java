package dev.weir.limit;

import dev.weir.config.ConcurrencyConfig;

/**
 * How many requests one server is given at once, found from the times to its first byte: as long as they are what they
 * usually are the limit grows, and when they are longer, requests wait inside the server and it shrinks. The rule is that
 * of Gradient2 (Netflix concurrency-limits), but for what it takes for usual: there it is a long average, into which an
 * overload that lasts finds its way. Here shorter times are believed soon, and longer ones only where they are not the
 * doing of the limit: when it is hardly used, or as low as it gets. There is no dip to measure with.
 *
 * <p>A window is as long as it takes to have {@value #LEAST_RESPONSES} responses. Pure; owned by the control plane's
 * thread.
 */
public final class Gradient {
    /** Fewer responses than this say nothing; the window goes on. */
    private static final int LEAST_RESPONSES = 10;

    /** Times up to so many times the usual one are still usual. */
    private static final double TOLERANCE = 1.5;

    /** A window never more than halves what the limit tends to. */
    private static final double STEEPEST = 0.5;

    /** How much of a window's outcome the limit takes on. */
    private static final double SMOOTHING = 0.2;

    /** How much of a window's time the usual time takes on. */
    private static final double LEARNING = 0.1;

    private final int min;
    private final int max;
    private double limit;
    private double usualNanos;
    private long responses;
    private double sumNanos;
    private int mostInFlight;

    public Gradient(ConcurrencyConfig config) {
        min = Math.min(config.min(), config.max());
        max = config.max();
        limit = Math.clamp(config.initial(), min, max);
    }

    /** The limit now. */
    public int limit() {
        return (int) limit;
    }

    /**
     * Takes account of what happened since the last call.
     *
     * @param count responses that began
     * @param nanos the sum of their times to the first byte, in nanoseconds
     * @param inFlight requests that the server has now
     */
    public void sample(long count, double nanos, int inFlight) {
        responses += count;
        sumNanos += nanos;
        mostInFlight = Math.max(mostInFlight, inFlight);
        if (responses < LEAST_RESPONSES) {
            return;
        }
        double mean = sumNanos / responses;
        int used = mostInFlight;
        responses = 0;
        sumNanos = 0;
        mostInFlight = 0;
        learn(mean, used);
        // A limit that is not used is not tested either: such a window tells nothing of a higher one.
        if (used * 2 >= limit || mean > usualNanos * TOLERANCE) {
            adapt(mean);
        }
    }

    private void learn(double mean, int used) {
        if (usualNanos == 0) {
            usualNanos = mean;
        } else if (mean < usualNanos || used * 2 < limit || limit < 2 * min) {
            usualNanos += LEARNING * (mean - usualNanos);
        }
    }

    private void adapt(double mean) {
        double gradient = Math.clamp(TOLERANCE * usualNanos / mean, STEEPEST, 1.0);
        double wanted = limit * gradient + Math.sqrt(limit);
        limit = Math.clamp(limit + SMOOTHING * (wanted - limit), min, max);
    }
}
