package dev.weir.proxy;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicReference;

/**
 * How many requests of one pool may be tried again: a share of those that arrive, and a few a second however few arrive,
 * so that retries cannot overload servers that are in trouble. Credits that nobody used fade with a time constant of ten
 * seconds, so quiet hours save up nothing. After Finagle's budget, which counts arrivals rather than requests in flight:
 * those grow scarce just when requests fail.
 *
 * <p>Shared by all event loops. An arrival is one plain addition to the loop's own cell; only who asks for a credit sums
 * the cells up.
 */
public final class RetryBudget {
    private static final double FADE_NANOS = 10e9;
    private static final double SECOND = 1e9;
    private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);
    /** Cells of two loops lie on cache lines of their own, also where lines are fetched in pairs. */
    private static final int STRIDE = 16;

    private final long[] arrivals;
    private final double share;
    private final double floor;
    private final AtomicReference<State> state;

    /** What there was at the time {@code at} (nanoseconds): so many arrivals, so many credits. */
    private record State(long at, long arrivals, double credits) {}

    /**
     * A budget with what its floor gives in ten seconds.
     *
     * @param loops how many event loops count arrivals
     * @param percent of the arrivals
     * @param floor credits a second however few arrive
     * @param now in nanoseconds
     */
    public RetryBudget(int loops, int percent, int floor, long now) {
        this.arrivals = new long[(loops + 1) * STRIDE];
        this.share = percent / 100.0;
        this.floor = floor;
        this.state = new AtomicReference<>(new State(now, 0, floor * FADE_NANOS / SECOND));
    }

    /** A request arrived on the loop of this index. That loop only. */
    void arrived(int loop) {
        int cell = (loop + 1) * STRIDE;
        CELL.setOpaque(arrivals, cell, arrivals[cell] + 1);
    }

    /** Takes a credit; false when there is none. Any loop. */
    boolean tryTake(long now) {
        long sum = 0;
        for (int cell = STRIDE; cell < arrivals.length; cell += STRIDE) {
            sum += (long) CELL.getOpaque(arrivals, cell);
        }
        while (true) {
            State before = state.get();
            State current = advanced(before, now, sum);
            if (current.credits < 1) {
                return false;
            }
            if (state.compareAndSet(before, new State(current.at, current.arrivals, current.credits - 1))) {
                return true;
            }
        }
    }

    /** What was earned since is taken as earned evenly, and has faded according to its age. */
    private State advanced(State before, long now, long sum) {
        long passed = now - before.at;
        if (passed <= 0) {
            return before;
        }
        double kept = Math.exp(-passed / FADE_NANOS);
        double earned = share * Math.max(sum - before.arrivals, 0) + floor * passed / SECOND;
        return new State(
                now, Math.max(sum, before.arrivals), before.credits * kept + earned * (1 - kept) * FADE_NANOS / passed);
    }
}
