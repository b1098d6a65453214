package dev.weir.downstream;

import dev.weir.http2.Sender;
import dev.weir.loop.LateFlush;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import java.nio.charset.StandardCharsets;

/**
 * What goes out on the connection of one HTTP/2 client: responses, and all that is said of streams and of the connection.
 * It is flushed once for each turn of the loop. After its end nothing goes out. Confined to the connection's loop.
 */
final class Http2Output {
    private final Http2ConnectionHandler codec;
    private final ChannelHandlerContext context;
    private final Sender sender;
    private final Http2Responses responses;
    private final LateFlush lateFlush;
    private final RecentResets resets = new RecentResets();
    /** Within a read, at whose end all is flushed anyway. */
    private boolean reading;

    private boolean closed;

    /** {@code context} of the codec, which has been added to its channel. */
    Http2Output(Accepted connection, Http2ConnectionHandler codec, ChannelHandlerContext context, Sender sender) {
        this.codec = codec;
        this.context = context;
        this.sender = sender;
        this.responses = new Http2Responses(connection, sender);
        this.lateFlush = new LateFlush(connection.worker().loop(), this::flushNow);
    }

    private ChannelPromise promise() {
        return context.newPromise();
    }

    // ---- of streams ----

    /** How responses are written. */
    Http2Responses responses() {
        return responses;
    }

    boolean writable(Http2Stream stream) {
        return !closed && sender.writable(stream);
    }

    /** How much the client's windows let through at once. */
    int room(Http2Stream stream) {
        return closed ? 0 : sender.room(stream);
    }

    /** Gives the client back the room that so many bytes took. */
    void consumed(Http2Stream stream, int bytes) {
        try {
            if (!closed && codec.decoder().flowController().consumeBytes(stream, bytes)) {
                flush();
            }
        } catch (Http2Exception failure) {
            codec.onError(context, true, failure);
        }
    }

    void reset(int stream, Http2Error why) {
        if (!closed) {
            resets.add(stream);
            codec.encoder().writeRstStream(context, stream, why.code(), promise());
            flush();
        }
    }

    /** Whether the stream was reset lately. */
    boolean wasReset(int stream) {
        return resets.contains(stream);
    }

    // ---- of the connection ----

    /** Streams behind this one are not looked at: in good order. */
    void goAway(int last) {
        codec.goAway(context, last, Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER, promise());
    }

    /** The connection ends now; {@code debug} is for who reads logs of the client. */
    void goAway(int last, Http2Error why, String debug) {
        ByteBuf text = Unpooled.wrappedBuffer(debug.getBytes(StandardCharsets.US_ASCII));
        codec.encoder().frameWriter().writeGoAway(context, last, why.code(), text, promise());
    }

    void ping(long content) {
        codec.encoder().writePing(context, false, content, promise());
    }

    // ---- flushes ----

    void reading(boolean on) {
        reading = on;
    }

    /** What is written leaves at the end of this turn of the loop. */
    void flush() {
        if (!reading) {
            lateFlush.soon();
        }
    }

    /** What was written until now leaves as far as there is room for it. */
    void flushNow() {
        lateFlush.done();
        if (!closed) {
            codec.flush(context);
        }
    }

    /** For the end of the connection. */
    void close() {
        closed = true;
    }
}
