package dev.weir.discovery;

import java.time.Duration;

/**
 * How often something is looked at of which there is doubt: at once, and then after pauses that grow, until it has
 * changed or the pauses are as long as without doubt. {@link #doubt} may be called by any thread, the rest by one.
 */
public final class DoubtPace {
    private final Duration shortest;
    private final Duration longest;
    private volatile boolean doubted;
    private Duration next = Duration.ZERO;
    private boolean looked;
    private long lastLook;

    /**
     * With no doubt yet.
     *
     * @param shortest there is at least this between two looks
     * @param longest pauses for doubt do not get longer; then it is over
     */
    public DoubtPace(Duration shortest, Duration longest) {
        this.shortest = shortest;
        this.longest = longest;
    }

    /** There is doubt, now. */
    public void doubt() {
        doubted = true;
    }

    /** Begins a look now, unless the last one was too short ago: then how long to wait. */
    public Duration looks(long nanoTime) {
        return looks(nanoTime, shortest);
    }

    /** The same where looks without doubt may follow each other sooner. */
    Duration looks(long nanoTime, Duration between) {
        long rest = lastLook + (doubted ? shortest : between).toNanos() - nanoTime;
        if (looked && rest > 0) {
            return Duration.ofNanos(rest);
        }
        looked = true;
        lastLook = nanoTime;
        if (doubted) {
            doubted = false;
            next = shortest;
        }
        return Duration.ZERO;
    }

    /** It has changed: what gave rise to doubt may be gone. */
    public void clear() {
        next = Duration.ZERO;
    }

    /** How long to wait for the next look, where it would be so long without doubt. */
    public Duration pause(Duration otherwise) {
        if (next.isZero()) {
            return otherwise;
        }
        Duration pause = next;
        next = next.multipliedBy(2);
        if (next.compareTo(longest) > 0) {
            next = Duration.ZERO;
        }
        return pause.compareTo(otherwise) < 0 ? pause : otherwise;
    }
}
