package dev.weir.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DefaultHttp2FrameWriter;
import io.netty.handler.codec.http2.Http2HeadersEncoder;

/**
 * Writes the frames of one connection, and tells of each piece of content that the peer's windows let out. Confined to
 * the connection's loop.
 */
public final class TellingFrameWriter extends DefaultHttp2FrameWriter {
    /** Hears of each piece of content that goes out in a frame. */
    public interface Sent {
        void sent(int streamId, int bytes);
    }

    private Sent sent = (stream, bytes) -> {};

    public TellingFrameWriter() {}

    /** {@code headers} writes the header blocks. */
    public TellingFrameWriter(Http2HeadersEncoder headers) {
        super(headers);
    }

    /** Tells this listener from now on. */
    public void tell(Sent listener) {
        sent = listener;
    }

    @Override
    public ChannelFuture writeData(
            ChannelHandlerContext ctx,
            int streamId,
            ByteBuf data,
            int padding,
            boolean endStream,
            ChannelPromise promise) {
        sent.sent(streamId, data.readableBytes());
        return super.writeData(ctx, streamId, data, padding, endStream, promise);
    }
}
