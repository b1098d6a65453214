package dev.weir.proxy;

/**
 * When the requests of one pool are slow enough for a second copy, and how many copies there may be. Shared by all event
 * loops.
 */
public final class Hedging {
    /** No request is slow enough, or it is not known yet when one is. */
    public static final long NEVER = Long.MAX_VALUE;

    private final int percent;
    private final RetryBudget share;
    /** Written by the control plane, read by loops once for each request. */
    private volatile long delayNanos = NEVER;

    /**
     * Hedging that copies no request yet.
     *
     * @param percent of the requests, which may have copies
     * @param share how many copies there may be, by that
     */
    public Hedging(int percent, RetryBudget share) {
        this.percent = percent;
        this.share = share;
    }

    /** Of the requests, at most so many percent have copies. */
    public int percent() {
        return percent;
    }

    /** From now on a request is slow that has waited so long, or {@link #NEVER}. Control plane. */
    public void delayNanos(long nanos) {
        delayNanos = nanos;
    }

    long delayNanos() {
        return delayNanos;
    }

    RetryBudget share() {
        return share;
    }
}
