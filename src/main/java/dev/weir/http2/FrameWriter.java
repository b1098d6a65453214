package dev.weir.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DefaultHttp2FrameWriter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameTypes;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersEncoder;

/**
 * Writes frames into a {@link FrameSink}. Heads and content, of which nearly all frames are, are put there at once; as
 * Netty writes them, each frame costs several buffers and promises. The other kinds are left to Netty. Confined to the
 * connection's loop.
 */
public final class FrameWriter extends DefaultHttp2FrameWriter {
    /** Hears of each piece of content that goes out in a frame. */
    @FunctionalInterface
    public interface Sent {
        void sent(int streamId, int bytes);
    }

    private static final int HEADER = 9;
    private static final int END_STREAM = 0x1;
    private static final int END_HEADERS = 0x4;
    /** A larger block's memory is not kept. */
    private static final int KEPT = 4096;

    private final Http2HeadersEncoder encoder;
    private final FrameSink sink;
    private Sent sent = (stream, bytes) -> {};
    private final byte[] header = new byte[HEADER];
    /** A header block, with room for its frame's header before it. */
    private ByteBuf block = Unpooled.EMPTY_BUFFER;

    public FrameWriter(Http2HeadersEncoder encoder, FrameSink sink) {
        super(encoder);
        this.encoder = encoder;
        this.sink = sink;
    }

    /** Tells this listener from now on. */
    public void tell(Sent listener) {
        sent = listener;
    }

    @Override
    public ChannelFuture writeHeaders(
            ChannelHandlerContext ctx,
            int streamId,
            Http2Headers headers,
            int padding,
            boolean endStream,
            ChannelPromise promise) {
        assert padding == 0;
        if (block.capacity() == 0) {
            block = Unpooled.buffer(256);
        }
        block.clear().writeZero(HEADER);
        try {
            encoder.encodeHeaders(streamId, headers, block);
        } catch (Http2Exception failure) {
            promise.tryFailure(failure);
            return ctx.newFailedFuture(failure);
        }
        block(streamId, endStream ? END_STREAM : 0);
        if (block.capacity() > KEPT) {
            block = Unpooled.EMPTY_BUFFER;
        }
        promise.trySuccess();
        return promise;
    }

    /** Nearly always it is one frame. */
    private void block(int streamId, int flags) {
        byte[] bytes = block.array();
        int end = block.writerIndex();
        int type = Http2FrameTypes.HEADERS;
        int from = 0;
        do {
            int length = Math.min(end - from - HEADER, maxFrameSize());
            boolean last = from + HEADER + length == end;
            // What lies in front of a continuation has been sent.
            header(bytes, from, length, type, type == Http2FrameTypes.HEADERS ? flags : 0, streamId);
            if (last) {
                bytes[from + 4] |= END_HEADERS;
            }
            sink.write(bytes, from, HEADER + length);
            from += length;
            type = Http2FrameTypes.CONTINUATION;
        } while (from + HEADER < end);
    }

    @Override
    public ChannelFuture writeData(
            ChannelHandlerContext ctx,
            int streamId,
            ByteBuf data,
            int padding,
            boolean endStream,
            ChannelPromise promise) {
        assert padding == 0;
        try {
            data(streamId, data, data.readableBytes(), endStream);
        } finally {
            data.release();
        }
        promise.trySuccess();
        return promise;
    }

    /** Consumes the next {@code length} bytes of {@code in}, which the windows have room for. */
    void data(int streamId, ByteBuf in, int length, boolean endStream) {
        sent.sent(streamId, length);
        int left = length;
        do {
            int piece = Math.min(left, maxFrameSize());
            left -= piece;
            header(header, 0, piece, Http2FrameTypes.DATA, endStream && left == 0 ? END_STREAM : 0, streamId);
            sink.write(header, 0, HEADER);
            if (piece > 0) {
                sink.write(in, piece);
            }
        } while (left > 0);
    }

    private static void header(byte[] to, int at, int length, int type, int flags, int streamId) {
        to[at] = (byte) (length >>> 16);
        to[at + 1] = (byte) (length >>> 8);
        to[at + 2] = (byte) length;
        to[at + 3] = (byte) type;
        to[at + 4] = (byte) flags;
        to[at + 5] = (byte) (streamId >>> 24);
        to[at + 6] = (byte) (streamId >>> 16);
        to[at + 7] = (byte) (streamId >>> 8);
        to[at + 8] = (byte) streamId;
    }
}
