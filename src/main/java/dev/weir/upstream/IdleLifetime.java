package dev.weir.upstream;

/**
 * How long a server leaves an idle connection open, learned from its {@code Keep-Alive: timeout=} and from the closes
 * seen: the shortest of the current and the last epoch. A restart of the server, which closes all its connections at
 * once, is so forgotten after at most two epochs. Confined to one loop; times in nanoseconds.
 */
final class IdleLifetime {
    static final long UNKNOWN = Long.MAX_VALUE;

    private static final long EPOCH = 30_000_000_000L;

    private long epochStart;
    private long shortest = UNKNOWN;
    private long shortestBefore = UNKNOWN;
    private long announced = UNKNOWN;

    IdleLifetime(long now) {
        epochStart = now;
    }

    /** The server closed a connection that had been idle for this long. */
    void closedAfter(long idle, long now) {
        turn(now);
        shortest = Math.min(shortest, idle);
    }

    /** The server said so itself. */
    void announced(int seconds) {
        announced = seconds * 1_000_000_000L;
    }

    /** The shortest time after which the server is known to close, or {@link #UNKNOWN}. */
    long expected(long now) {
        if (shortest == UNKNOWN && shortestBefore == UNKNOWN) {
            return announced;
        }
        turn(now);
        return Math.min(announced, Math.min(shortest, shortestBefore));
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
