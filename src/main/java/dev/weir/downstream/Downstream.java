package dev.weir.downstream;

import io.netty.channel.ChannelHandler;

/**
 * What serves one connection of a client: the last handler of its channel. It is added to a channel that is open, begins
 * in {@link ChannelHandler#handlerAdded}, and tells {@link Accepted} when it opens and, exactly once, when it closes.
 * Confined to the connection's loop.
 */
interface Downstream extends ChannelHandler {
    /** What it serves. */
    Accepted accepted();

    /** Weir stops, or the listener goes: closes now if nothing is under way, else after what is. */
    void drain();

    /** Weir stops and waits no longer. */
    void cut();
}
