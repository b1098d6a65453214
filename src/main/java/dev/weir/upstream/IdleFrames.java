package dev.weir.upstream;

/**
 * Counts the frames of a server that carry nothing, such as pings and settings, which cost it little and Weir an answer.
 * Confined to the connection's loop.
 */
final class IdleFrames {
    /** In a second; no server that means well comes near. */
    private static final int MOST = 1000;

    /** While the server does not take the answers. */
    private static final int MOST_UNREAD = 100;

    private static final long SECOND = 1_000_000_000L;

    private long periodStart;
    private int count;
    private int unread;

    /** One more; {@code reads}: whether the server takes what it is sent. */
    boolean tooMany(boolean reads, long now) {
        if (now - periodStart >= SECOND) {
            periodStart = now;
            count = 0;
        }
        unread = reads ? 0 : unread + 1;
        return ++count > MOST || unread > MOST_UNREAD;
    }
}
