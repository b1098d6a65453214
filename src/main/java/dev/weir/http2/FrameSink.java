package dev.weir.http2;

import dev.weir.loop.Loop;
import dev.weir.loop.Outgoing;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import java.util.Objects;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Gathers the frames that the codec writes in many small pieces, so that what goes out at one time is one piece of
 * memory and mostly one system call. A piece counts as written once it is gathered. Confined to the connection's loop.
 */
public final class FrameSink extends ChannelOutboundHandlerAdapter {
    private final Loop loop;
    private final LongConsumer sent;
    private @Nullable Outgoing out;

    /** {@code sent} hears of the length of each piece. */
    public FrameSink(Loop loop, LongConsumer sent) {
        this.loop = loop;
        this.sent = sent;
    }

    public Outgoing out() {
        return Objects.requireNonNull(out, "not yet added to a channel");
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        out = new Outgoing(loop, ctx.channel(), ctx);
    }

    /** Copies the bytes. */
    void write(byte[] from, int offset, int length) {
        sent.accept(length);
        out().write(from, offset, length);
    }

    /** Consumes the next {@code length} bytes of {@code in}; keeps a share of its memory when they are many. */
    void write(ByteBuf in, int length) {
        sent.accept(length);
        out().write(in, length);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        ByteBuf frame = (ByteBuf) message;
        try {
            int length = frame.readableBytes();
            if (length > 0) {
                write(frame, length);
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

    /** The channel is gone. */
    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        out().discard();
    }
}
