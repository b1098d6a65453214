package dev.weir.http;

import java.nio.charset.StandardCharsets;

/** {@code HTTP/1.x} as it stands in both start lines: eight bytes in exactly this spelling (RFC 9112 section 2.3). */
final class HttpVersion {
    private static final byte[] PREFIX = "HTTP/".getBytes(StandardCharsets.US_ASCII);
    private static final int LENGTH = 8;
    private static final int MAJOR = 5;
    private static final int DOT = 6;
    private static final int MINOR = 7;
    private static final byte[] HTTP_1_1 = "HTTP/1.1".getBytes(StandardCharsets.US_ASCII);
    private static final long COMMON = Octets.word(HTTP_1_1, 0);

    private HttpVersion() {}

    /** Returns what follows the version, or -1 when it goes on behind the window; refuses any other spelling. */
    static int read(byte[] bytes, int from, int window) {
        int end = from + LENGTH;
        if (end <= window && Octets.word(bytes, from) == COMMON) {
            return end;
        }
        for (int at = from; at < Math.min(end, window); at++) {
            if (!fits(bytes[at], at - from)) {
                throw ProtocolViolation.of(Violation.VERSION_MALFORMED);
            }
        }
        if (end > window) {
            return -1;
        }
        if (bytes[from + MAJOR] != '1') {
            throw ProtocolViolation.of(Violation.VERSION_UNSUPPORTED);
        }
        return end;
    }

    /** 0 or 1: a higher minor version is treated as the highest known one (RFC 9110 section 2.5). */
    static int minor(byte[] bytes, int from) {
        return bytes[from + MINOR] == '0' ? 0 : 1;
    }

    private static boolean fits(byte octet, int index) {
        return switch (index) {
            case MAJOR, MINOR -> Octets.isDigit(octet);
            case DOT -> octet == '.';
            default -> octet == PREFIX[index];
        };
    }
}
