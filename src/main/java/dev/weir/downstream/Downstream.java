package dev.weir.downstream;

import dev.weir.pool.Server;
import io.netty.channel.ChannelHandler;

/**
 * What serves one connection of a client: the last handler of its channel. It is added to a channel that is open, begins
 * in {@link ChannelHandler#handlerAdded}, and tells {@link Accepted} when it opens and, exactly once, when it closes.
 * Confined to the connection's loop.
 */
interface Downstream extends ChannelHandler {
    /** What it serves. */
    Accepted accepted();

    /**
     * Weir stops, or the listener has closed: the connection ends after what is under way, or when it has been idle for as
     * long as {@link Accepted#idleNanos} says.
     */
    void drain();

    /** Weir waits no longer for requests, but it does for tunnels. */
    default void cutRequests() {
        cut();
    }

    /** Weir waits no longer for tunnels: each ends as if its client had ended it. */
    default void endTunnels() {}

    /** Nothing more is to come from this server: cuts what is under way with it. */
    default void cutFrom(Server gone) {}

    /** Weir stops and waits no longer. */
    void cut();
}
