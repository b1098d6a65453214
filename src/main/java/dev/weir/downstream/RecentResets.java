package dev.weir.downstream;

/**
 * The streams of a connection that Weir reset lately: what the client had sent before it knew is no error of its.
 * Confined to the connection's loop.
 */
final class RecentResets {
    private static final int REMEMBERED = 64;

    private final int[] streams = new int[REMEMBERED];
    private int count;

    void add(int stream) {
        streams[count++ % REMEMBERED] = stream;
    }

    boolean contains(int stream) {
        for (int each : streams) {
            if (each == stream) {
                return true;
            }
        }
        return false;
    }
}
