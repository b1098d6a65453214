package dev.weir.downstream;

import dev.weir.http2.FieldList;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;

/** What the codec has decoded, handed to the stream that it is for. Confined to the connection's loop. */
final class Http2Frames extends Http2FrameAdapter {
    private final Http2Downstream connection;

    Http2Frames(Http2Downstream connection) {
        this.connection = connection;
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding, boolean endOfStream) {
        FieldList block = (FieldList) headers;
        Http2ClientStream stream = connection.streams().of(streamId);
        if (stream != null) {
            stream.trailers(block);
        } else if (connection.streams().crowded()) {
            connection.streamError(streamId, Http2Error.REFUSED_STREAM, true);
        } else {
            connection.streams().open(streamId).begin(block, endOfStream);
        }
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext ctx,
            int streamId,
            Http2Headers headers,
            int streamDependency,
            short weight,
            boolean exclusive,
            int padding,
            boolean endOfStream) {
        onHeadersRead(ctx, streamId, headers, padding, endOfStream);
    }

    @Override
    public int onDataRead(ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean endOfStream) {
        int length = data.readableBytes() + padding;
        Http2ClientStream stream = connection.streams().of(streamId);
        return stream == null ? length : stream.data(data, length, endOfStream);
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long errorCode) {
        Http2ClientStream stream = connection.streams().of(streamId);
        if (stream != null) {
            stream.calledOff();
        }
    }

    @Override
    public void onSettingsAckRead(ChannelHandlerContext ctx) {
        connection.settled();
    }

    @Override
    public void onPingAckRead(ChannelHandlerContext ctx, long data) {
        connection.pingAcknowledged(data);
    }
}
