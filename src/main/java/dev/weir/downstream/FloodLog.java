package dev.weir.downstream;

import dev.weir.observe.Flood;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log's lines on HTTP/2 clients that send too much of something: one a minute at most, lest they fill the log too.
 * Confined to its loop.
 */
final class FloodLog {
    private static final Logger LOG = LoggerFactory.getLogger(FloodLog.class);
    private static final long PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

    private boolean begun;
    private long toldAt;
    private long untold;

    /** A client's connection has been ended for this. */
    void calmed(String listener, String client, Flood found, long now) {
        if (begun && now - toldAt < PAUSE_NANOS) {
            untold++;
            return;
        }
        LOG.warn(
                "listener {}: ended an HTTP/2 connection of {}, which sent too much: {} (see http2 and limits of the listener){}",
                listener,
                client.isEmpty() ? "a client" : client,
                found.id(),
                untold == 0 ? "" : "; and " + untold + " connections since the last such line");
        begun = true;
        toldAt = now;
        untold = 0;
    }
}
