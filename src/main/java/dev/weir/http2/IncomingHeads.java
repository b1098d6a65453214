package dev.weir.http2;

import dev.weir.http.ByteSink;
import dev.weir.http.FieldSection;
import dev.weir.http.HeadLimits;
import dev.weir.http.Headers;
import dev.weir.http.ProtocolViolation;
import dev.weir.http.RequestHead;
import dev.weir.http.ResponseHead;
import dev.weir.http.Violation;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Header blocks of HTTP/2 read as heads. What is a rule of HTTP/2 alone (RFC 9113 section 8) is checked here; then the
 * head is written as HTTP/1.1 would have it and read by the one parser, which decides on all else.
 *
 * <p>A message that goes on behind its head without saying how long it is becomes a chunked one, since that is what it
 * is one hop further. An extended CONNECT for a WebSocket (RFC 8441) becomes the upgrade that asks for the same.
 *
 * <p>Confined to one thread; one for each loop is enough.
 */
public final class IncomingHeads {
    private static final AsciiString HOST = AsciiString.cached("host");
    private static final AsciiString COOKIE = AsciiString.cached("cookie");
    private static final AsciiString CONTENT_LENGTH = AsciiString.cached("content-length");
    private static final AsciiString WEBSOCKET_KEY = AsciiString.cached("sec-websocket-key");
    private static final AsciiString CONNECT = AsciiString.cached("CONNECT");
    private static final AsciiString OPTIONS = AsciiString.cached("OPTIONS");
    private static final AsciiString HTTP = AsciiString.cached("http");
    private static final AsciiString HTTPS = AsciiString.cached("https");
    private static final AsciiString WEBSOCKET = AsciiString.cached("websocket");

    private static final byte[] VERSION_BEHIND = ascii(" HTTP/1.1\r\n");
    private static final byte[] GET = ascii("GET");
    private static final byte[] HOST_LINE = ascii("host: ");
    private static final byte[] COOKIE_LINE = ascii("cookie: ");
    private static final byte[] CHUNKED = ascii("transfer-encoding: chunked\r\n");
    private static final byte[] UPGRADE =
            ascii("connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ");
    private static final byte[] SEPARATOR = ascii(": ");
    private static final byte[] CRUMB_SEPARATOR = ascii("; ");
    private static final byte[] CRLF = ascii("\r\n");

    private final ByteSink sink = new ByteSink();
    private final FieldSection trailers = new FieldSection();
    private @Nullable AsciiString method;
    private @Nullable AsciiString scheme;
    private @Nullable AsciiString authority;
    private @Nullable AsciiString path;
    private @Nullable AsciiString protocol;
    private boolean hasLength;

    /**
     * Reads a request's head. Cookie fields become one (RFC 9113 section 8.2.3).
     *
     * @param ended whether the request ends with this block
     * @throws ProtocolViolation if a rule is broken or a limit passed; the stream is then in error
     */
    public void request(FieldList block, boolean ended, RequestHead to, HeadLimits limits) {
        if (block.tooLarge()) {
            throw ProtocolViolation.of(Violation.SECTION_TOO_LARGE);
        }
        int first = requestPseudo(block);
        AsciiString asked = require(method);
        boolean tunnel = asked.equals(CONNECT);
        boolean websocket = tunnel && protocol != null;
        sink.clear();
        if (tunnel && !websocket) {
            connectLine(asked);
        } else {
            originLine(asked, websocket);
        }
        AsciiString host = authority;
        if (host != null) {
            put(HOST_LINE, host);
        }
        fields(block, first, host, websocket);
        if (websocket) {
            upgradeLines();
        } else if (!ended && !hasLength && !tunnel) {
            sink.put(CHUNKED);
        }
        sink.put(CRLF);
        to.readWhole(sink, limits);
        if (ended && to.contentLength() > 0) {
            throw ProtocolViolation.of(Violation.LENGTH_MISMATCH);
        }
    }

    /**
     * Reads a response's head, an interim one or the final one.
     *
     * @param ended whether the response ends with this block
     * @throws ProtocolViolation if a rule is broken or a limit passed; the stream is then in error
     */
    public void response(FieldList block, boolean ended, ResponseHead to, HeadLimits limits) {
        if (block.tooLarge()) {
            throw ProtocolViolation.of(Violation.SECTION_TOO_LARGE);
        }
        int status = responseStatus(block);
        sink.clear();
        // With a reason phrase, which HTTP/2 has not: some clients of HTTP/1 cannot do without.
        ResponseHead.putStatusLine(status, sink);
        fields(block, 1, null, false);
        boolean neverHasContent = status < 200 || status == 204 || status == 304;
        if (!ended && !hasLength && !neverHasContent) {
            sink.put(CHUNKED);
        }
        sink.put(CRLF);
        to.readWhole(sink, limits);
    }

    /**
     * Reads a trailer section; what this returns is valid until the next one is read.
     *
     * @throws ProtocolViolation if a rule is broken or a limit passed; the stream is then in error
     */
    public Headers trailers(FieldList block, HeadLimits limits) {
        if (block.tooLarge()) {
            throw ProtocolViolation.of(Violation.SECTION_TOO_LARGE);
        }
        sink.clear();
        fields(block, 0, null, false);
        sink.put(CRLF);
        return trailers.read(sink, limits);
    }

    /** Takes the pseudo-header fields; returns where the others start. */
    private int requestPseudo(FieldList block) {
        method = null;
        scheme = null;
        authority = null;
        path = null;
        protocol = null;
        int i = 0;
        while (i < block.size() && isPseudo(block.name(i))) {
            AsciiString name = block.name(i);
            AsciiString value = block.value(i);
            if (name.equals(Pseudo.METHOD)) {
                method = first(method, value);
            } else if (name.equals(Pseudo.PATH)) {
                path = first(path, value);
            } else if (name.equals(Pseudo.SCHEME)) {
                scheme = first(scheme, value);
            } else if (name.equals(Pseudo.AUTHORITY)) {
                authority = first(authority, value);
            } else if (name.equals(Pseudo.PROTOCOL)) {
                protocol = first(protocol, value);
            } else {
                throw ProtocolViolation.of(Violation.PSEUDO_UNKNOWN);
            }
            i++;
        }
        return i;
    }

    private static int responseStatus(FieldList block) {
        if (block.size() == 0 || !isPseudo(block.name(0))) {
            throw ProtocolViolation.of(Violation.PSEUDO_MISSING);
        }
        if (!block.name(0).equals(Pseudo.STATUS)) {
            throw ProtocolViolation.of(Violation.PSEUDO_UNKNOWN);
        }
        if (block.size() > 1 && block.name(1).equals(Pseudo.STATUS)) {
            throw ProtocolViolation.of(Violation.PSEUDO_REPEATED);
        }
        AsciiString text = block.value(0);
        int status = 0;
        for (int i = 0; i < text.length() && i < 3; i++) {
            int digit = text.byteAt(i) - '0';
            status = digit < 0 || digit > 9 ? -1000 : 10 * status + digit;
        }
        // HTTP/2 has no 101 (RFC 9113 section 8.6).
        if (text.length() != 3 || status < 100 || status == 101) {
            throw ProtocolViolation.of(Violation.PSEUDO_INVALID);
        }
        return status;
    }

    private static boolean isPseudo(AsciiString name) {
        return !name.isEmpty() && name.byteAt(0) == ':';
    }

    private static AsciiString first(@Nullable AsciiString before, AsciiString value) {
        if (before != null) {
            throw ProtocolViolation.of(Violation.PSEUDO_REPEATED);
        }
        if (!FieldChecks.isVisible(value)) {
            throw ProtocolViolation.of(Violation.PSEUDO_INVALID);
        }
        return value;
    }

    private static AsciiString require(@Nullable AsciiString value) {
        if (value == null) {
            throw ProtocolViolation.of(Violation.PSEUDO_MISSING);
        }
        return value;
    }

    /** RFC 9113 section 8.5. */
    private void connectLine(AsciiString asked) {
        AsciiString target = require(authority);
        if (scheme != null || path != null) {
            throw ProtocolViolation.of(Violation.PSEUDO_UNKNOWN);
        }
        put(asked);
        sink.put((byte) ' ');
        put(target);
        sink.put(VERSION_BEHIND);
    }

    private void originLine(AsciiString asked, boolean websocket) {
        AsciiString target = require(path);
        AsciiString how = require(scheme);
        if (protocol != null && !websocket) {
            throw ProtocolViolation.of(Violation.PSEUDO_UNKNOWN);
        }
        if (websocket && !require(protocol).equals(WEBSOCKET)) {
            throw ProtocolViolation.of(Violation.PROTOCOL_UNKNOWN);
        }
        if (!how.contentEqualsIgnoreCase(HTTPS) && !how.contentEqualsIgnoreCase(HTTP)) {
            throw ProtocolViolation.of(Violation.PSEUDO_INVALID);
        }
        // A whole URI here would name another host than :authority does.
        boolean wholeServer = target.length() == 1 && target.byteAt(0) == '*' && asked.equals(OPTIONS);
        if (target.byteAt(0) != '/' && !wholeServer) {
            throw ProtocolViolation.of(Violation.PSEUDO_INVALID);
        }
        if (websocket) {
            sink.put(GET);
        } else {
            put(asked);
        }
        sink.put((byte) ' ');
        put(target);
        sink.put(VERSION_BEHIND);
    }

    /** Writes the regular fields from {@code first} on as lines, without Host where {@code host} was said before. */
    private void fields(FieldList block, int first, @Nullable AsciiString host, boolean websocket) {
        hasLength = false;
        int crumbs = 0;
        for (int i = first; i < block.size(); i++) {
            AsciiString name = block.name(i);
            AsciiString value = block.value(i);
            FieldChecks.check(name, value);
            switch (name.length()) {
                case 4 -> {
                    if (host != null && name.equals(HOST)) {
                        if (!value.contentEqualsIgnoreCase(host)) {
                            throw ProtocolViolation.of(Violation.AUTHORITY_MISMATCH);
                        }
                        continue;
                    }
                }
                case 6 -> {
                    if (name.equals(COOKIE)) {
                        crumbs++;
                        continue;
                    }
                }
                case 14 -> hasLength |= name.equals(CONTENT_LENGTH);
                case 17 -> {
                    if (websocket && name.equals(WEBSOCKET_KEY)) {
                        continue;
                    }
                }
                default -> {}
            }
            put(name);
            put(SEPARATOR, value);
        }
        if (crumbs > 0) {
            cookie(block, first);
        }
    }

    private void cookie(FieldList block, int first) {
        byte[] before = COOKIE_LINE;
        for (int i = first; i < block.size(); i++) {
            if (block.name(i).equals(COOKIE)) {
                sink.put(before);
                put(block.value(i));
                before = CRUMB_SEPARATOR;
            }
        }
        sink.put(CRLF);
    }

    private void upgradeLines() {
        byte[] nonce = new byte[16];
        ThreadLocalRandom.current().nextBytes(nonce);
        sink.put(UPGRADE).put(Base64.getEncoder().encode(nonce)).put(CRLF);
    }

    private void put(byte[] before, AsciiString text) {
        sink.put(before);
        put(text);
        sink.put(CRLF);
    }

    private void put(AsciiString text) {
        sink.put(text.array(), text.arrayOffset(), text.length());
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
