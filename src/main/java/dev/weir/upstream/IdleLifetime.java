package dev.weir.upstream;

/**
 * How long a server leaves an idle connection open, learned from its {@code Keep-Alive: timeout=} and from the closes
 * seen. It decides where a request goes that could not be sent again: only onto a connection that is far from the age
 * at which the server may close it. See docs/decisions. Confined to one loop; times in nanoseconds.
 */
final class IdleLifetime {
    static final long UNKNOWN = Long.MAX_VALUE;

    private static final long SECOND = 1_000_000_000L;
    /** A server that closes younger connections than this closes them at any age, as far as can be told. */
    private static final long EARLY = SECOND;

    /** How long an early close is remembered. A restart of the server, which closes all at once, is one. */
    private static final long DISTRUST = 2 * SECOND;

    private static final long EPOCH = 30 * SECOND;

    private final long born;
    private long distrustedUntil;
    private long epochStart;
    // The shortest life seen in this epoch and in the last one.
    private long shortest = UNKNOWN;
    private long shortestBefore = UNKNOWN;
    private long announced = UNKNOWN;

    IdleLifetime(long now) {
        born = now;
        distrustedUntil = now + EARLY;
        epochStart = now;
    }

    /**
     * Of a server that may be expected to announce the end of a connection (HTTP/2), so that it is no race. It is trusted
     * from the start, as if it had been watched before; what it is seen to do without a word counts as with any other.
     */
    static IdleLifetime announcing(long now) {
        return new IdleLifetime(now - 2 * EARLY);
    }

    /** The server closed a connection that had been idle for this long. */
    void closedAfter(long idle, long now) {
        if (idle < EARLY) {
            distrustedUntil = now + DISTRUST;
            return;
        }
        turn(now);
        shortest = Math.min(shortest, idle);
    }

    /** The server said so itself. */
    void announced(int seconds) {
        announced = seconds * SECOND;
    }

    /** What the server announced, less a margin for its answer's way to us; or {@link #UNKNOWN}. */
    long announced() {
        return announced == UNKNOWN ? UNKNOWN : announced - announced / 8;
    }

    /**
     * Whether a connection that has been idle for this long is far from being closed. An age counts as survived only
     * when the server has been watched for twice as long.
     */
    boolean trusts(long idle, long now) {
        if (now - distrustedUntil < 0) {
            return false;
        }
        turn(now);
        long life = Math.min(announced, Math.min(shortest, shortestBefore));
        return idle < Math.min(life, now - born) / 2;
    }

    private void turn(long now) {
        long age = now - epochStart;
        if (age < EPOCH) {
            return;
        }
        shortestBefore = age < 2 * EPOCH ? shortest : UNKNOWN;
        shortest = UNKNOWN;
        epochStart = now;
    }
}
