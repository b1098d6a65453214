package dev.weir.downstream;

import dev.weir.http.Field;
import dev.weir.http.Headers;
import dev.weir.http.ResponseHead;
import dev.weir.http2.FieldList;
import dev.weir.http2.OutgoingHeads;
import dev.weir.http2.Sender;
import dev.weir.proxy.DateLine;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http2.Http2Stream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The responses of one HTTP/2 connection as they are written on its streams: the head with what Weir adds, the content as
 * far as there is room for it. Nothing is flushed here. Confined to the connection's loop.
 */
final class Http2Responses {
    private static final byte[] VIA = "Via: 1.1 weir\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NOTHING = {};
    /** Smaller content is copied, larger content keeps a share of the buffer that it came in. */
    private static final int COPIED = 4096;

    private final Sender sender;
    private final OutgoingHeads heads;
    private final DateLine date;
    /** The line that tells of HTTPS; empty for none. */
    private final byte[] hsts;

    private final byte[] via;

    Http2Responses(Accepted connection, Sender sender) {
        this.sender = sender;
        this.heads = connection.connections().outgoing();
        this.date = connection.worker().date();
        this.hsts = connection.settings().hsts().getBytes(StandardCharsets.US_ASCII);
        this.via = connection.settings().forwarding().via() ? VIA : NOTHING;
    }

    void interim(Http2Stream stream, ResponseHead head) {
        sender.head(stream, heads.response(head, Field.CONTENT_LENGTH.mask), false);
    }

    /** The head of the final response; {@code last} when that is all of it. */
    ChannelFuture head(Http2Stream stream, ResponseHead head, boolean last) {
        // RFC 9110 section 8.6: a 204 has no length.
        long drop = head.status() == 204 ? Field.CONTENT_LENGTH.mask : 0;
        FieldList fields = heads.response(head, drop, hsts);
        if (!head.headers().has(Field.DATE)) {
            byte[] now = date.now();
            heads.lines(now, now.length);
        }
        heads.lines(via, via.length);
        return sender.head(stream, fields, last);
    }

    /** The head after which bytes are passed as they come. */
    void tunnel(Http2Stream stream, ResponseHead head) {
        FieldList fields = heads.tunnelResponse(head);
        heads.lines(via, via.length);
        sender.head(stream, fields, false);
    }

    /** Consumes and writes {@code length} bytes of content, or of a tunnel. */
    void data(Http2Stream stream, ByteBuf in, int length) {
        if (sender.sendNow(stream, in, length, false)) {
            return;
        }
        if (length <= COPIED) {
            sender.queue(stream, in.alloc().directBuffer(length).writeBytes(in, length), false);
            return;
        }
        sender.queue(stream, in.readRetainedSlice(length), false);
        // While the buffer is still in use here; what waits in the codec keeps all of it.
        sender.frameQueued();
    }

    /** The content is complete. */
    ChannelFuture end(Http2Stream stream, Headers trailers) {
        @Nullable FieldList fields = trailers.size() > 0 ? heads.trailers(trailers) : null;
        return fields != null && !fields.isEmpty() ? sender.head(stream, fields, true) : sender.end(stream);
    }
}
