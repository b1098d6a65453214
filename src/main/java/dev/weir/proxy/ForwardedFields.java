package dev.weir.proxy;

import dev.weir.config.ListenerConfig.Forwarding;
import dev.weir.http.ByteSink;
import dev.weir.http.Field;
import dev.weir.http.Headers;
import dev.weir.http.RequestHead;
import java.nio.charset.StandardCharsets;

/**
 * What a server is told about the client: {@code X-Forwarded-For}, {@code -Proto}, {@code -Host}, {@code -Client-Cert},
 * {@code Forwarded} (RFC 7239) and {@code Via}. What an untrusted client says of itself is dropped; a trusted proxy's is carried on.
 */
final class ForwardedFields {
    private static final long X_FORWARDED =
            Field.X_FORWARDED_FOR.mask | Field.X_FORWARDED_PROTO.mask | Field.X_FORWARDED_HOST.mask;

    /** What else servers take for the client's address; Weir does not send it. */
    private static final long OTHER_NAMES = Field.X_REAL_IP.mask | Field.X_FORWARDED_PORT.mask;

    private static final byte[] VIA = ascii("Via: 1.1 weir\r\n");
    private static final byte[] VIA_HTTP2 = ascii("Via: 2.0 weir\r\n");

    private static final byte[] X_FOR = ascii("X-Forwarded-For: ");
    private static final byte[] X_PROTO = ascii("X-Forwarded-Proto: ");
    private static final byte[] X_HOST = ascii("X-Forwarded-Host: ");
    private static final byte[] FORWARDED = ascii("Forwarded: ");
    private static final byte[] HOST = ascii(";host=");
    private static final byte[] COMMA = ascii(", ");
    private static final byte[] CRLF = ascii("\r\n");

    private ForwardedFields() {}

    /** The request's own fields that are not passed on: written anew, or not to be believed. */
    static long dropMask(ClientInfo client) {
        boolean trusted = client.trusted();
        Forwarding forwarding = client.forwarding();
        return (trusted && client.certificate() == null ? 0 : Field.X_FORWARDED_CLIENT_CERT.mask)
                | (trusted && !forwarding.xForwarded() ? 0 : X_FORWARDED)
                | (trusted && !forwarding.forwarded() ? 0 : Field.FORWARDED.mask)
                | (trusted ? 0 : OTHER_NAMES);
    }

    /** Replaces {@code to} by the lines for this request. */
    static void write(RequestHead request, ClientInfo client, ByteSink to) {
        to.clear();
        if (client.certificate() != null) {
            to.put(client.certificateLine());
        }
        Forwarding forwarding = client.forwarding();
        if (forwarding.xForwarded()) {
            if (client.trusted()) {
                carryOn(request, client, to);
            } else {
                to.put(client.forwardedLines());
                host(X_HOST, request, to);
            }
        }
        if (forwarding.forwarded()) {
            to.put(FORWARDED);
            if (client.trusted()) {
                values(request.headers(), Field.FORWARDED, to);
            }
            to.put(client.forwardedElement());
            quotedHost(request, to);
            to.put(CRLF);
        }
        if (forwarding.via()) {
            to.put(client.http2() ? VIA_HTTP2 : VIA);
        }
    }

    private static void carryOn(RequestHead request, ClientInfo client, ByteSink to) {
        Headers headers = request.headers();
        to.put(X_FOR);
        values(headers, Field.X_FORWARDED_FOR, to);
        to.put(client.addressBytes()).put(CRLF);
        int proto = headers.indexOf(Field.X_FORWARDED_PROTO);
        to.put(X_PROTO);
        if (proto >= 0) {
            value(headers, proto, to);
        } else {
            to.putAscii(client.scheme());
        }
        to.put(CRLF);
        int host = headers.indexOf(Field.X_FORWARDED_HOST);
        if (host < 0) {
            host(X_HOST, request, to);
            return;
        }
        to.put(X_HOST);
        value(headers, host, to);
        to.put(CRLF);
    }

    /** All values of the field as one list, with a comma behind each. */
    private static void values(Headers headers, Field field, ByteSink to) {
        for (int i = headers.indexOf(field); i >= 0; i = headers.indexOf(field, i + 1)) {
            if (headers.valueEnd(i) > headers.valueStart(i)) {
                value(headers, i, to);
                to.put(COMMA);
            }
        }
    }

    private static void value(Headers headers, int i, ByteSink to) {
        to.put(headers.bytes(), headers.valueStart(i), headers.valueEnd(i) - headers.valueStart(i));
    }

    private static void host(byte[] name, RequestHead request, ByteSink to) {
        if (request.hasHost()) {
            to.put(name).put(request.bytes(), request.hostStart(), request.hostEnd() - request.hostStart());
            to.put(CRLF);
        }
    }

    /** A host with a port is no token, so it is quoted; the parser lets no quote or backslash through. */
    private static void quotedHost(RequestHead request, ByteSink to) {
        if (request.hasHost()) {
            to.put(HOST).put((byte) '"');
            to.put(request.bytes(), request.hostStart(), request.hostEnd() - request.hostStart());
            to.put((byte) '"');
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
