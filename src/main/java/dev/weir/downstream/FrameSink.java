package dev.weir.downstream;

import dev.weir.loop.Outgoing;
import dev.weir.observe.Counter;
import dev.weir.proxy.Worker;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Gathers the frames that the codec writes in many small pieces, so that what goes out at one time is one piece of
 * memory and mostly one system call. A piece counts as written once it is gathered. Confined to the connection's loop.
 */
final class FrameSink extends ChannelOutboundHandlerAdapter {
    private final Worker worker;
    private final Counter bytesSent;
    private @Nullable Outgoing out;

    FrameSink(Worker worker) {
        this.worker = worker;
        this.bytesSent = worker.meters().bytesSent;
    }

    Outgoing out() {
        return Objects.requireNonNull(out, "not yet added to a channel");
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        out = new Outgoing(worker.loop(), ctx.channel(), ctx);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        ByteBuf frame = (ByteBuf) message;
        try {
            int length = frame.readableBytes();
            if (length > 0) {
                bytesSent.add(length);
                out().write(frame, length);
            }
        } finally {
            frame.release();
        }
        if (!promise.isVoid()) {
            promise.trySuccess();
        }
    }

    @Override
    public void flush(ChannelHandlerContext ctx) {
        out().flush();
    }
}
