package dev.weir.upstream;

import dev.weir.http2.FieldList;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2EventAdapter;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;

/** Takes what the codec read to the stream that it belongs to. Confined to the connection's loop. */
final class Http2Frames extends Http2EventAdapter {
    private final Http2Connection connection;

    Http2Frames(Http2Connection connection) {
        this.connection = connection;
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext ctx,
            int streamId,
            Http2Headers headers,
            int dependency,
            short weight,
            boolean exclusive,
            int padding,
            boolean end) {
        onHeadersRead(ctx, streamId, headers, padding, end);
    }

    @Override
    public void onHeadersRead(ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding, boolean end) {
        Http2Upstream own = connection.stream(streamId);
        if (own != null) {
            own.headers((FieldList) headers, end);
        }
    }

    @Override
    public int onDataRead(ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean end) {
        int length = data.readableBytes();
        if (length == 0 && !end) {
            connection.idleFrame();
        }
        Http2Upstream own = connection.stream(streamId);
        return padding + (own == null ? length : own.data(data, end));
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long error) {
        Http2Upstream own = connection.stream(streamId);
        if (own != null) {
            own.reset(error);
        }
    }

    @Override
    public void onGoAwayReceived(int lastStreamId, long error, ByteBuf debug) {
        connection.goAway(lastStreamId, error);
    }

    @Override
    public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) {
        connection.idleFrame();
        connection.settled(settings);
    }

    @Override
    public void onPingRead(ChannelHandlerContext ctx, long data) {
        connection.idleFrame();
    }

    @Override
    public void onPriorityRead(
            ChannelHandlerContext ctx, int streamId, int dependency, short weight, boolean exclusive) {
        connection.idleFrame();
    }

    @Override
    public void onUnknownFrame(ChannelHandlerContext ctx, byte type, int streamId, Http2Flags flags, ByteBuf payload) {
        connection.idleFrame();
    }
}
