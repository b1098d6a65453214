package dev.weir.upstream;

import dev.weir.http.ByteSink;
import dev.weir.http.Field;
import dev.weir.http.HeaderRules;
import dev.weir.http.Headers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;

/**
 * The proof that a handshake was understood (RFC 6455 section 4.2.2). A server that is asked by an extended CONNECT (RFC
 * 8441) gives none, so that the client of an upgrade gets it from here.
 */
final class WebSocketAccept {
    private static final byte[] KEY = "sec-websocket-key".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11".getBytes(StandardCharsets.US_ASCII);
    private static final long DROPPED = HeaderRules.HOP_BY_HOP | Field.CONTENT_LENGTH.mask;

    private WebSocketAccept() {}

    /** The answer to the request's key; to an empty one when it has none. */
    static byte[] of(Headers request) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-1");
            int key = request.indexOf(KEY, 0);
            if (key >= 0) {
                int start = request.valueStart(key);
                digest.update(request.bytes(), start, request.valueEnd(key) - start);
            }
            return Base64.getEncoder().encode(digest.digest(MAGIC));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** The field lines of the 101 that stands for the response with these fields. */
    static byte[] lines(Headers response, byte[] accept) {
        ByteSink lines = new ByteSink();
        HeaderRules.copyFields(response, DROPPED, lines);
        lines.putAscii("connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: ")
                .put(accept)
                .putAscii("\r\n");
        return Arrays.copyOf(lines.array(), lines.length());
    }
}
