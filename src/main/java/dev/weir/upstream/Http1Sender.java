package dev.weir.upstream;

import dev.weir.http.BodyFraming;
import dev.weir.http.ByteSink;
import dev.weir.http.Chunks;
import dev.weir.http.Headers;
import dev.weir.http.RequestHead;
import dev.weir.loop.Outgoing;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.io.IOException;

/**
 * What goes out on one connection to an HTTP/1.1 server: requests in their framing, counted, and what is known of their
 * arrival. Confined to its loop.
 */
final class Http1Sender {
    private final UpstreamPool pool;
    private final Channel channel;
    private final Outgoing out;
    private final LostRace lostRace = new LostRace();
    private BodyFraming framing = BodyFraming.NONE;

    Http1Sender(UpstreamPool pool, Channel channel) {
        this.pool = pool;
        this.channel = channel;
        this.out = new Outgoing(pool.loop(), channel);
    }

    void head(RequestHead request, long dropMask, ByteSink added) {
        framing = request.framing();
        lostRace.requestBegins();
        ByteSink sink = pool.upstreams().sink();
        RequestLines.write(request, dropMask, added, pool.server(), sink);
        write(sink);
    }

    /** Consumes and sends {@code length} bytes of the request's content. */
    void content(ByteBuf in, int length) {
        if (framing != BodyFraming.CHUNKED) {
            raw(in, length);
            return;
        }
        ByteSink sink = pool.upstreams().sink();
        Chunks.begin(length, sink);
        write(sink);
        raw(in, length);
        write(Chunks.END, Chunks.END.length);
    }

    void end(Headers trailers) {
        if (framing == BodyFraming.CHUNKED) {
            ByteSink sink = pool.upstreams().sink();
            Chunks.last(trailers, sink);
            write(sink);
        }
    }

    /** Consumes and sends {@code length} bytes as they are. */
    void raw(ByteBuf in, int length) {
        pool.meters().bytesSent.add(length);
        lostRace.sent(length);
        out.write(in, length);
    }

    private void write(ByteSink sink) {
        write(sink.array(), sink.length());
    }

    private void write(byte[] bytes, int length) {
        pool.meters().bytesSent.add(length);
        lostRace.sent(length);
        out.write(bytes, 0, length);
    }

    void flush() {
        lostRace.flushed();
        out.flush();
    }

    /** Flushes and ends this side in good order. */
    void endOutput() {
        out.end();
    }

    /** Flushes, and tells once all has been handed to the system or cannot be. */
    void whenSent(Outgoing.Sent then) {
        out.whenSent(then);
    }

    /** Closes the connection so that the server cannot take it for an orderly end. */
    void cut() {
        out.reset();
    }

    /** Whether the server has read something since this was last asked. */
    boolean progressed() {
        return out.progressed();
    }

    /** A read or a write failed. */
    void failed(IOException failure) {
        lostRace.failed(failure);
    }

    /** Whether the connection speaks TLS. */
    boolean encrypted() {
        return out.encrypted();
    }

    /** Whether the connection ended by a reset that no end of the server's side came before. */
    boolean reset() {
        return lostRace.reset();
    }

    /** For a connection whose end has come without a byte of response: what that means for the request on it. */
    Delivery delivery() {
        IOException refused = out.failure();
        if (refused != null) {
            lostRace.failed(refused);
        }
        return lostRace.provenBy(channel) ? Delivery.NONE : Delivery.POSSIBLE;
    }

    /** Drops what was not flushed; for a connection that closes. */
    void discard() {
        out.discard();
    }
}
