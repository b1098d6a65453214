package dev.weir.http2;

import dev.weir.http.ByteSink;
import dev.weir.http.Field;
import dev.weir.http.HeaderRules;
import dev.weir.http.Headers;
import dev.weir.http.Method;
import dev.weir.http.RequestHead;
import dev.weir.http.ResponseHead;
import dev.weir.http.TargetForm;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;

/**
 * Heads written as header blocks of HTTP/2: names in lower case, nothing that speaks about the connection. A head is
 * given in a list that is used again for the next head, so it has to be encoded at once; trailers, which may have to
 * wait behind content, are a list of their own.
 *
 * <p>Confined to one thread; one for each loop is enough.
 */
public final class OutgoingHeads {
    private static final AsciiString CONNECT = AsciiString.cached("CONNECT");
    private static final AsciiString GET = AsciiString.cached("GET");
    private static final AsciiString SLASH = AsciiString.cached("/");
    private static final AsciiString ASTERISK = AsciiString.cached("*");
    private static final AsciiString WEBSOCKET = AsciiString.cached("websocket");
    private static final AsciiString TE = AsciiString.cached("te");
    private static final AsciiString TRAILERS = AsciiString.cached("trailers");
    private static final byte[] TRAILERS_TOKEN = "trailers".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] WEBSOCKET_KEY = "sec-websocket-key".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] WEBSOCKET_ACCEPT = "sec-websocket-accept".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NOTHING = {};
    // Trailer says which trailers will come, as in HTTP/1.
    private static final long DROPPED = HeaderRules.HOP_BY_HOP & ~Field.TRAILER.mask;
    private static final int FIRST_STATUS = 100;
    private static final AsciiString[] STATUSES = statuses();

    private final FieldList list = new FieldList(Long.MAX_VALUE);
    private final TextCache cache = new TextCache();

    /**
     * A response's head.
     *
     * @param dropMask {@link Field#mask} bits of further fields to leave out
     */
    public FieldList response(ResponseHead head, long dropMask) {
        return response(head, dropMask, NOTHING);
    }

    /** The same, with complete lines {@code name: value CRLF} in front of the head's own. */
    public FieldList response(ResponseHead head, long dropMask, byte[] before) {
        list.reset();
        list.put(Pseudo.STATUS, status(head.status()));
        lines(before, before.length);
        fields(head.headers(), DROPPED | dropMask, NOTHING);
        return list;
    }

    /** The head of a response that opens a tunnel: 200 instead of 101 (RFC 8441 section 5). */
    public FieldList tunnelResponse(ResponseHead head) {
        list.reset();
        list.put(Pseudo.STATUS, status(200));
        fields(head.headers(), DROPPED | Field.CONTENT_LENGTH.mask, WEBSOCKET_ACCEPT);
        return list;
    }

    /**
     * A request's head. One that asks for an upgrade becomes an extended CONNECT for a WebSocket (RFC 8441), which the
     * server must have allowed by its settings.
     *
     * @param dropMask {@link Field#mask} bits of fields to leave out
     * @param added lines {@code name: value CRLF} to add
     * @param otherwise the authority to name when the request names no host
     */
    public FieldList request(
            RequestHead request, long dropMask, ByteSink added, AsciiString scheme, AsciiString otherwise) {
        list.reset();
        byte[] bytes = request.bytes();
        boolean tunnel = request.upgrade();
        list.put(Pseudo.METHOD, tunnel ? CONNECT : method(request));
        if (tunnel) {
            list.put(Pseudo.PROTOCOL, WEBSOCKET);
        }
        list.put(Pseudo.SCHEME, scheme);
        AsciiString authority =
                request.hasHost() ? cache.text(bytes, request.hostStart(), request.hostEnd()) : otherwise;
        list.put(Pseudo.AUTHORITY, authority);
        list.put(Pseudo.PATH, path(request));
        if (request.headers().has(Field.TE) && request.headers().listContains(Field.TE, TRAILERS_TOKEN)) {
            list.put(TE, TRAILERS);
        }
        fields(request.headers(), DROPPED | Field.HOST.mask | dropMask, tunnel ? WEBSOCKET_KEY : NOTHING);
        lines(added.array(), added.length());
        return list;
    }

    /** Adds complete lines {@code name: value CRLF} to the head made last. */
    public void lines(byte[] lines, int length) {
        int at = 0;
        while (at < length) {
            int colon = at;
            while (lines[colon] != ':') {
                colon++;
            }
            int end = colon;
            while (lines[end] != '\r') {
                end++;
            }
            list.put(cache.name(lines, at, colon), cache.text(lines, colon + 2, end));
            at = end + 2;
        }
    }

    /** A trailer section, without what may not be in one; empty when nothing is left. */
    public FieldList trailers(Headers from) {
        FieldList trailers = new FieldList(Long.MAX_VALUE);
        for (int i = 0; i < from.size(); i++) {
            if (HeaderRules.isKeptTrailer(from, i)) {
                field(from, i, trailers);
            }
        }
        return trailers;
    }

    /** {@code unwanted}: the name in lower case of one more field to leave out, or nothing. */
    private void fields(Headers from, long dropMask, byte[] unwanted) {
        int left = unwanted.length == 0 ? -1 : from.indexOf(unwanted, 0);
        for (int i = 0; i < from.size(); i++) {
            if (i != left && HeaderRules.isKept(from, i, dropMask)) {
                field(from, i, list);
            }
        }
    }

    private void field(Headers from, int i, FieldList to) {
        byte[] bytes = from.bytes();
        AsciiString name = cache.name(bytes, from.nameStart(i), from.nameEnd(i));
        to.put(name, cache.text(bytes, from.valueStart(i), from.valueEnd(i)));
    }

    private AsciiString method(RequestHead request) {
        return request.method() == Method.GET
                ? GET
                : cache.text(request.bytes(), request.methodStart(), request.methodEnd());
    }

    /** In origin form, whatever form the client used. */
    private AsciiString path(RequestHead request) {
        byte[] bytes = request.bytes();
        int from = request.form() == TargetForm.ABSOLUTE ? request.pathStart() : request.targetStart();
        int to = request.targetEnd();
        if (from == to) {
            return request.method() == Method.OPTIONS ? ASTERISK : SLASH;
        }
        if (bytes[from] == '?') {
            return SLASH.concat(new AsciiString(bytes, from, to - from, true));
        }
        return cache.text(bytes, from, to);
    }

    private static AsciiString status(int status) {
        int i = status - FIRST_STATUS;
        return i < STATUSES.length ? STATUSES[i] : AsciiString.of(Integer.toString(status));
    }

    private static AsciiString[] statuses() {
        AsciiString[] statuses = new AsciiString[500];
        for (int i = 0; i < statuses.length; i++) {
            statuses[i] = AsciiString.cached(Integer.toString(FIRST_STATUS + i));
        }
        return statuses;
    }
}
