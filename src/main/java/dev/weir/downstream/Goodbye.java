package dev.weir.downstream;

import dev.weir.loop.Deadline;

/**
 * How an HTTP/2 client is told that its connection ends after what is under way (RFC 9113 section 6.8). A request may be
 * on its way still, so it is first told only that the end comes, and when it must have heard of it, which stream was the
 * last. Confined to the connection's loop.
 */
final class Goodbye {
    private static final long PING = 0x7765_6972_2d67_6f61L;
    private static final long PING_NANOS = 1_000_000_000;

    private enum State {
        UNSAID,
        /** The client has been told, but may not have heard yet. */
        ANNOUNCED,
        /** No further stream is accepted; the last one to end ends the connection. */
        SAID
    }

    private final Http2Downstream connection;
    private final Deadline deadline = new Deadline(this::lastStream);
    private State state = State.UNSAID;

    Goodbye(Http2Downstream connection) {
        this.connection = connection;
    }

    /** Whether the client is being told, or has been. */
    boolean begun() {
        return state != State.UNSAID;
    }

    boolean said() {
        return state == State.SAID;
    }

    void begin() {
        if (begun()) {
            return;
        }
        state = State.ANNOUNCED;
        connection.output().goAway(Integer.MAX_VALUE);
        connection.output().ping(PING);
        connection.arm(deadline, PING_NANOS);
        connection.output().flushNow();
    }

    /** The client has answered a ping, and so has read all that was sent before it. */
    void acknowledged(long ping) {
        if (state == State.ANNOUNCED && ping == PING) {
            lastStream();
        }
    }

    private void lastStream() {
        state = State.SAID;
        deadline.disarm();
        connection.output().goAway(connection.lastStream());
        connection.output().flushNow();
        connection.endIfIdle();
    }

    /** For the end of the connection. */
    void close() {
        connection.remove(deadline);
    }
}
