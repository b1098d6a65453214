package dev.weir.downstream;

import dev.weir.http.BodyFraming;
import dev.weir.http.ByteSink;
import dev.weir.http.Headers;
import dev.weir.http.Method;
import dev.weir.http.RequestHead;
import dev.weir.http.ResponseHead;
import dev.weir.loop.Outgoing;
import dev.weir.proxy.Worker;
import io.netty.buffer.ByteBuf;

/**
 * The responses of one HTTP/1 connection as they are written, one after the other: which framing the client
 * understands, the head, the content. Nothing is flushed here. Confined to its loop.
 */
final class ResponseWriter {
    private final Worker worker;
    private final ByteSink sink;
    private final boolean via;
    private final String hsts;
    private final Outgoing out;

    private boolean oldClient;
    private boolean answersHead;
    private BodyFraming framing = BodyFraming.NONE;

    ResponseWriter(Connections connections, ListenerSettings settings, Outgoing out) {
        this.worker = connections.worker();
        this.sink = connections.sink();
        this.via = settings.forwarding().via();
        this.hsts = settings.hsts();
        this.out = out;
    }

    /** What is written next answers this request. */
    void answering(RequestHead request) {
        oldClient = request.minorVersion() == 0;
        answersHead = request.method() == Method.HEAD;
    }

    /** Whether the content ends only where the connection does: then a cut must not look like an orderly end. */
    boolean endsWithConnection() {
        return framing == BodyFraming.UNTIL_CLOSE;
    }

    /** False when the client would not understand an interim response. */
    boolean interim(ResponseHead head) {
        if (oldClient) {
            return false;
        }
        ResponseLines.writeInterim(head, sink);
        writeSink();
        return true;
    }

    /**
     * The head of the final response.
     *
     * @param source how the content is framed where it comes from
     * @param keepOpen whether the connection may serve another request
     * @return whether it will: no response may follow one that ends with the connection
     */
    boolean head(ResponseHead head, BodyFraming source, boolean keepOpen) {
        framing = switch (source) {
            case LENGTH -> source;
            case NONE -> isWhole(head) ? source : oldClient ? BodyFraming.UNTIL_CLOSE : BodyFraming.CHUNKED;
            case CHUNKED, UNTIL_CLOSE -> oldClient ? BodyFraming.UNTIL_CLOSE : BodyFraming.CHUNKED;
        };
        boolean kept = keepOpen && framing != BodyFraming.UNTIL_CLOSE;
        ResponseLines.Persistence persistence = !kept
                ? ResponseLines.Persistence.CLOSE
                : oldClient ? ResponseLines.Persistence.SAY_KEEP_ALIVE : ResponseLines.Persistence.OPEN;
        ResponseLines.write(head, framing, persistence, worker.date(), hsts, via, sink);
        writeSink();
        return kept;
    }

    /** Whether a client can see from the head that no content comes. Over HTTP/2 a head may say so by other means. */
    private boolean isWhole(ResponseHead head) {
        return answersHead || head.contentLength() >= 0 || head.status() == 204 || head.status() == 304;
    }

    /** Consumes and writes {@code length} bytes of content, or of a tunnel. */
    void data(ByteBuf in, int length) {
        if (framing != BodyFraming.CHUNKED) {
            pass(in, length);
            return;
        }
        sink.clear();
        sink.putHex(length).put(ResponseLines.CRLF);
        writeSink();
        pass(in, length);
        write(ResponseLines.CRLF, ResponseLines.CRLF.length);
    }

    /** The content is complete. */
    void end(Headers trailers) {
        if (framing == BodyFraming.CHUNKED) {
            ResponseLines.writeLastChunk(trailers, sink);
            writeSink();
        }
    }

    /** The head after which bytes are passed as they come. */
    void tunnel(ResponseHead head) {
        framing = BodyFraming.UNTIL_CLOSE;
        ResponseLines.writeTunnel(head, via, sink);
        writeSink();
    }

    private void pass(ByteBuf in, int length) {
        worker.meters().bytesSent.add(length);
        out.write(in, length);
    }

    private void writeSink() {
        write(sink.array(), sink.length());
    }

    private void write(byte[] bytes, int length) {
        worker.meters().bytesSent.add(length);
        out.write(bytes, 0, length);
    }
}
