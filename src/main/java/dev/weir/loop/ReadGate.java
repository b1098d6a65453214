package dev.weir.loop;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;

/**
 * Stands between a socket and its TLS handler. That asks for more bytes whenever it has only a part of a record; while
 * reading is paused the wish is not passed on, since each would end in {@link ReadBuffers.ReadPaused} and the next wish,
 * over and over. It is not forgotten either: all is read on when reading goes on.
 */
@Sharable
public final class ReadGate extends ChannelOutboundHandlerAdapter {
    public static final ReadGate INSTANCE = new ReadGate();

    private ReadGate() {}

    @Override
    public void read(ChannelHandlerContext ctx) {
        if (ctx.channel().config().isAutoRead()) {
            ctx.read();
        }
    }
}
