package dev.weir.downstream;

import dev.weir.loop.Deadline;

/**
 * The time that a client has on one stream of its connection for what is awaited of it. Who takes a response slowly has
 * as much again as long as it goes on taking some. Confined to the connection's loop.
 */
final class StreamTime implements Runnable {
    /** A client that takes less than this in the time it has is not slow but stalled. */
    private static final int LEAST_PROGRESS = 1024;

    private final Http2Downstream connection;
    private final Http2ClientStream stream;
    private final Deadline deadline = new Deadline(this);
    /** They wrap around: only the difference counts. */
    private int sent;

    private int sentBefore;

    StreamTime(Http2Downstream connection, Http2ClientStream stream) {
        this.connection = connection;
        this.stream = stream;
    }

    void arm(long nanos) {
        connection.arm(deadline, nanos);
    }

    boolean armed() {
        return deadline.armed();
    }

    void disarm() {
        deadline.disarm();
    }

    /** The deadline has passed. */
    @Override
    public void run() {
        stream.expired();
    }

    /** So much content has been framed and leaves. */
    void sent(int bytes) {
        sent += bytes;
    }

    /** From now on the client has {@code nanos} to make room for what waits. */
    void awaitRoom(long nanos) {
        sentBefore = sent;
        arm(nanos);
    }

    /** Whether it has made enough of it to be given {@code nanos} more, which it is then. */
    boolean progressed(long nanos) {
        boolean enough = sent - sentBefore >= LEAST_PROGRESS;
        if (enough) {
            awaitRoom(nanos);
        }
        return enough;
    }

    /** For the end of the stream. */
    void remove() {
        connection.remove(deadline);
    }
}
