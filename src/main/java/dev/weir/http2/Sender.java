package dev.weir.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Stream;

/**
 * Sends heads and content on the streams of one connection. What there is room for is framed at once, past the codec's
 * queues, which cost more than all else about a small message; what has to wait waits there. Confined to the connection's
 * loop.
 */
public final class Sender {
    private final Http2ConnectionHandler codec;
    private final FrameWriter writer;
    private final ChannelHandlerContext context;
    private final Channel channel;
    /** Of all that is framed at once. */
    private final ChannelPromise done;

    /** {@code context} of the codec, which has been added to its channel. */
    public Sender(Http2ConnectionHandler codec, FrameWriter writer, ChannelHandlerContext context) {
        this.codec = codec;
        this.writer = writer;
        this.context = context;
        this.channel = context.channel();
        this.done = channel.newPromise().setSuccess();
    }

    private Http2RemoteFlowController windows() {
        return codec.encoder().flowController();
    }

    /** A head, or trailers behind the content that waits; {@code head} may be used again unless it has to wait. */
    public ChannelFuture head(Http2Stream stream, FieldList head, boolean last) {
        boolean waits = last && windows().hasFlowControlled(stream);
        return codec.encoder().writeHeaders(context, stream.id(), head, 0, last, waits ? channel.newPromise() : done);
    }

    /** A head that begins a stream of this side. */
    public void open(int streamId, FieldList head, boolean last) {
        codec.encoder().writeHeaders(context, streamId, head, 0, last, done);
    }

    /** Queues content, which is released when it has been framed or cannot be. */
    public ChannelFuture queue(Http2Stream stream, ByteBuf content, boolean last) {
        return codec.encoder().writeData(context, stream.id(), content, 0, last, channel.newPromise());
    }

    /**
     * Frames the next {@code length} bytes of {@code in} and consumes them, if there is room for all of them.
     *
     * @return whether there was; else nothing has been done
     */
    public boolean sendNow(Http2Stream stream, ByteBuf in, int length, boolean last) {
        if (!hasRoom(stream, length)) {
            return false;
        }
        writer.data(stream.id(), in, length, last);
        if (length > 0) {
            take(codec.connection().connectionStream(), length);
            take(stream, length);
        }
        if (last) {
            codec.closeStreamLocal(stream, done);
        }
        return true;
    }

    /** Frames what waits as far as there is room for it. */
    public void frameQueued() {
        try {
            windows().writePendingBytes();
        } catch (Http2Exception failure) {
            codec.onError(context, true, failure);
        }
    }

    /** Ends this side of the stream, behind what waits. */
    public ChannelFuture end(Http2Stream stream) {
        return sendNow(stream, Unpooled.EMPTY_BUFFER, 0, true) ? done : queue(stream, Unpooled.EMPTY_BUFFER, true);
    }

    /** How much the other side's windows let through at once. */
    public int room(Http2Stream stream) {
        return windows().hasFlowControlled(stream)
                ? 0
                : Math.min(
                        windows().windowSize(stream),
                        windows().windowSize(codec.connection().connectionStream()));
    }

    /** Whether more may be sent without having to wait beyond the bound. */
    public boolean writable(Http2Stream stream) {
        return windows().isWritable(stream);
    }

    private boolean hasRoom(Http2Stream stream, int length) {
        boolean sendable = switch (stream.state()) {
            case OPEN, HALF_CLOSED_REMOTE -> true;
            default -> false;
        };
        return sendable
                && channel.isWritable()
                && !windows().hasFlowControlled(stream)
                && length <= windows().windowSize(stream)
                && length <= windows().windowSize(codec.connection().connectionStream());
    }

    private void take(Http2Stream from, int bytes) {
        try {
            windows().incrementWindowSize(from, -bytes);
        } catch (Http2Exception impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
