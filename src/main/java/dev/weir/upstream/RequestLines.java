package dev.weir.upstream;

import dev.weir.config.Address;
import dev.weir.http.BodyFraming;
import dev.weir.http.ByteSink;
import dev.weir.http.Field;
import dev.weir.http.HeaderRules;
import dev.weir.http.Method;
import dev.weir.http.RequestHead;
import dev.weir.http.TargetForm;
import dev.weir.pool.Server;
import java.nio.charset.StandardCharsets;

/** The bytes of a request as HTTP/1.1 wants them: start line, fields, framing. */
final class RequestLines {
    private static final byte[] CRLF = ascii("\r\n");
    private static final byte[] VERSION = ascii(" HTTP/1.1\r\n");
    private static final byte[] HOST = ascii("Host: ");
    private static final byte[] CHUNKED = ascii("Transfer-Encoding: chunked\r\n");
    private static final byte[] UPGRADE = ascii("Connection: Upgrade\r\n");
    private static final byte[] TE_TRAILERS = ascii("Connection: TE\r\nTE: trailers\r\n");
    private static final byte[] TRAILERS = ascii("trailers");

    private RequestLines() {}

    static void write(RequestHead request, long dropMask, ByteSink added, Server server, ByteSink to) {
        byte[] bytes = request.bytes();
        to.clear();
        to.put(bytes, request.methodStart(), request.methodEnd() - request.methodStart())
                .put((byte) ' ');
        target(request, to);
        to.put(VERSION);
        long drop = dropMask | (HeaderRules.HOP_BY_HOP & ~Field.TRAILER.mask);
        if (request.form() == TargetForm.ABSOLUTE || !request.headers().has(Field.HOST)) {
            host(request, server, to);
            drop |= Field.HOST.mask;
        }
        if (request.upgrade()) {
            drop &= ~Field.UPGRADE.mask;
            to.put(UPGRADE);
        } else if (request.headers().has(Field.TE) && request.headers().listContains(Field.TE, TRAILERS)) {
            to.put(TE_TRAILERS);
        }
        HeaderRules.copyFields(request.headers(), drop, to);
        to.put(added.array(), 0, added.length());
        if (request.framing() == BodyFraming.CHUNKED) {
            to.put(CHUNKED);
        }
        to.put(CRLF);
    }

    /** A server is asked in origin-form (RFC 9112 section 3.2.1), whatever form the client used. */
    private static void target(RequestHead request, ByteSink to) {
        if (request.form() != TargetForm.ABSOLUTE) {
            to.put(request.bytes(), request.targetStart(), request.targetEnd() - request.targetStart());
            return;
        }
        boolean noPath = request.pathStart() == request.pathEnd();
        if (noPath) {
            boolean wholeServer = request.method() == Method.OPTIONS && request.pathStart() == request.targetEnd();
            to.put((byte) (wholeServer ? '*' : '/'));
        }
        to.put(request.bytes(), request.pathStart(), request.targetEnd() - request.pathStart());
    }

    private static void host(RequestHead request, Server server, ByteSink to) {
        to.put(HOST);
        if (request.hasHost()) {
            to.put(request.bytes(), request.hostStart(), request.hostEnd() - request.hostStart());
        } else {
            to.putAscii(server.address() instanceof Address.Inet inet ? inet.toString() : "localhost");
        }
        to.put(CRLF);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
