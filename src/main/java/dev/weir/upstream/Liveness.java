package dev.weir.upstream;

import dev.weir.config.PoolHttp2;
import dev.weir.loop.Deadline;
import dev.weir.loop.Loop;

/**
 * Whether the server at the other end of an HTTP/2 connection is still there: while requests are on the connection its
 * silence is questioned by PING, and an idle one is closed in time. Confined to the connection's loop.
 */
final class Liveness {
    private static final long PING = 0x7765_6972_2d75_7031L;

    private final Http2Connection connection;
    private final Loop loop;
    private final long pingAfter;
    private final long pingTimeout;
    private final Deadline deadline = new Deadline(this::expired);

    private long idleSince;
    /** How long the connection had been idle when it was last taken. */
    private long idleBefore;
    /** When the server last sent something; or, before it did, when the connection was last taken. */
    private long lastSign;
    /** Whether the server has sent anything since the connection was last taken. */
    private boolean heard;

    private boolean pinged;

    Liveness(Http2Connection connection, Loop loop, PoolHttp2 limits) {
        this.connection = connection;
        this.loop = loop;
        this.pingAfter = limits.pingAfter().toNanos();
        this.pingTimeout = limits.pingTimeout().toNanos();
    }

    private void arm(long nanos) {
        loop.timers().arm(deadline, loop.now(), nanos);
    }

    long idleSince() {
        return idleSince;
    }

    /** No request is on the connection, which is worth keeping for so long. */
    void idle(long keepNanos) {
        idleSince = loop.now();
        pinged = false;
        arm(keepNanos);
    }

    /** A request is on the connection, which had been idle. */
    void taken() {
        long now = loop.now();
        idleBefore = now - idleSince;
        lastSign = now;
        heard = false;
        if (idleBefore >= pingAfter) {
            // Perhaps the server is long gone: then the request shall not wait longer than it must.
            ping();
        } else {
            arm(pingAfter);
        }
    }

    /** Something came from the server. */
    void heard() {
        lastSign = loop.now();
        heard = true;
        pinged = false;
    }

    private void expired() {
        long silent = loop.now() - lastSign;
        if (connection.idle()) {
            connection.closeIfIdle();
        } else if (pinged) {
            connection.silent();
        } else if (silent < pingAfter) {
            arm(pingAfter - silent);
        } else {
            ping();
        }
    }

    private void ping() {
        pinged = true;
        connection.ping(PING);
        arm(pingTimeout);
    }

    /** The server has ended the connection without a word: what that says of how long it leaves idle ones open. */
    void ended(IdleLifetime lifetime) {
        long now = loop.now();
        if (connection.idle()) {
            lifetime.closedAfter(now - idleSince, now);
        } else if (!heard) {
            lifetime.closedAfter(idleBefore, now);
        }
    }

    /** For the end of the connection. */
    void end() {
        loop.timers().remove(deadline);
    }
}
