package dev.weir.downstream;

import dev.weir.http.BodyFraming;
import dev.weir.http.ByteSink;
import dev.weir.http.Chunks;
import dev.weir.http.Headers;
import dev.weir.http.Method;
import dev.weir.http.RequestHead;
import dev.weir.http.ResponseHead;
import dev.weir.loop.Outgoing;
import dev.weir.proxy.ClientInfo;
import dev.weir.proxy.ClientStream;
import io.netty.buffer.ByteBuf;

/**
 * What the exchanges of one HTTP/1 connection see of their client, one after the other: each response as it is written,
 * in the framing that the client understands. What a response's end means for the connection is the business of
 * {@link Http1Downstream}. Confined to its loop.
 */
final class Http1ClientStream implements ClientStream {
    private final Http1Downstream connection;
    private final Accepted accepted;
    private final ClientInfo client;
    private final ByteSink sink;
    private final boolean via;
    private final String hsts;
    private final Outgoing out;

    private boolean oldClient;
    private boolean answersHead;
    private BodyFraming framing = BodyFraming.NONE;
    private boolean keepAlive;

    Http1ClientStream(Http1Downstream connection, ClientInfo client, Outgoing out) {
        this.connection = connection;
        this.accepted = connection.accepted();
        this.client = client;
        this.sink = accepted.connections().sink();
        this.via = accepted.settings().forwarding().via();
        this.hsts = accepted.settings().hsts();
        this.out = out;
    }

    /** What is written next answers this request. */
    void answering(RequestHead request) {
        oldClient = request.minorVersion() == 0;
        answersHead = request.method() == Method.HEAD;
        keepAlive = request.keepAlive();
    }

    /** No response may follow this one. */
    void isLast() {
        keepAlive = false;
    }

    /** Whether the connection may serve another request after this response. */
    boolean keepAlive() {
        return keepAlive;
    }

    /** Whether the content ends only where the connection does: then a cut must not look like an orderly end. */
    boolean endsWithConnection() {
        return framing == BodyFraming.UNTIL_CLOSE;
    }

    @Override
    public ClientInfo client() {
        return client;
    }

    @Override
    public void sendInterim(ResponseHead head) {
        if (!oldClient) {
            ResponseLines.writeInterim(head, sink);
            writeSink();
            flush();
        }
    }

    @Override
    public void sendHead(ResponseHead head, BodyFraming source, boolean keepOpen) {
        framing = switch (source) {
            case LENGTH -> source;
            case NONE -> isWhole(head) ? source : oldClient ? BodyFraming.UNTIL_CLOSE : BodyFraming.CHUNKED;
            case CHUNKED, UNTIL_CLOSE -> oldClient ? BodyFraming.UNTIL_CLOSE : BodyFraming.CHUNKED;
        };
        keepAlive &= keepOpen && !accepted.closing() && framing != BodyFraming.UNTIL_CLOSE;
        ResponseLines.Persistence persistence = !keepAlive
                ? ResponseLines.Persistence.CLOSE
                : oldClient ? ResponseLines.Persistence.SAY_KEEP_ALIVE : ResponseLines.Persistence.OPEN;
        ResponseLines.write(head, framing, persistence, accepted.worker().date(), hsts, via, sink);
        writeSink();
    }

    /** Whether a client can see from the head that no content comes. Over HTTP/2 a head may say so by other means. */
    private boolean isWhole(ResponseHead head) {
        return answersHead || head.contentLength() >= 0 || head.status() == 204 || head.status() == 304;
    }

    @Override
    public void sendData(ByteBuf in, int length) {
        if (framing == BodyFraming.CHUNKED) {
            chunk(in, length);
        } else {
            pass(in, length);
        }
        connection.dataSent();
    }

    private void chunk(ByteBuf in, int length) {
        Chunks.begin(length, sink);
        writeSink();
        pass(in, length);
        write(Chunks.END, Chunks.END.length);
    }

    @Override
    public void sendEnd(Headers trailers) {
        if (framing == BodyFraming.CHUNKED) {
            Chunks.last(trailers, sink);
            writeSink();
        }
        flush();
    }

    @Override
    public void startTunnel(ResponseHead head) {
        framing = BodyFraming.UNTIL_CLOSE;
        ResponseLines.writeTunnel(head, via, sink);
        writeSink();
        flush();
        connection.becomeTunnel();
    }

    @Override
    public void flush() {
        out.flush();
    }

    @Override
    public boolean writable() {
        return accepted.channel().isWritable();
    }

    @Override
    public int room() {
        return out.room();
    }

    @Override
    public void reading(boolean on) {
        connection.reading(on);
    }

    @Override
    public void done() {
        connection.done();
    }

    @Override
    public void abort() {
        connection.abort();
    }

    private void pass(ByteBuf in, int length) {
        accepted.worker().meters().bytesSent.add(length);
        out.write(in, length);
    }

    private void writeSink() {
        write(sink.array(), sink.length());
    }

    private void write(byte[] bytes, int length) {
        accepted.worker().meters().bytesSent.add(length);
        out.write(bytes, 0, length);
    }
}
