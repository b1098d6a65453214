package dev.weir.downstream;

import io.netty.channel.ChannelHandler;

/**
 * What serves one connection of a client: the last handler of its channel. It is added to a channel that is open, begins
 * in {@link ChannelHandler#handlerAdded}, tells {@link Connections} when it opens and closes, and runs the listener's
 * {@code onClose} exactly once. Confined to the connection's loop.
 */
interface Downstream extends ChannelHandler {
    /** Weir stops: closes now if nothing is under way, else after what is. */
    void drain();

    /** Weir stops and waits no longer. */
    void cut();
}
