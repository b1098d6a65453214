package dev.weir.route;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The normal form of a path (RFC 3986 section 6.2.2), in which routes are compared: unreserved characters are not
 * percent-encoded, other escapes have upper-case digits, runs of slashes are one, and there are no dot segments; a path
 * that climbs above the root stays there. Escaped slashes stay escaped: they are not separators.
 */
final class NormalPath {
    private static final byte[] UPPER_HEX = "0123456789ABCDEF".getBytes(StandardCharsets.US_ASCII);

    private NormalPath() {}

    /** Whether the path is surely in normal form; when not, it may be so all the same. */
    static boolean isNormal(byte[] bytes, int from, int to) {
        byte before = 0;
        for (int at = from; at < to; at++) {
            byte octet = bytes[at];
            if (octet == '%' || (before == '/' && (octet == '/' || (octet == '.' && dotsEnd(bytes, at, to))))) {
                return false;
            }
            before = octet;
        }
        return true;
    }

    /** The path in normal form, as a copy. */
    static byte[] of(byte[] bytes, int from, int to) {
        byte[] decoded = decode(bytes, from, to);
        byte[] normal = new byte[decoded.length];
        int length = 0;
        for (int at = 0; at < decoded.length; at++) {
            byte octet = decoded[at];
            boolean segmentStarts = length > 0 && normal[length - 1] == '/';
            if (segmentStarts && octet == '/') {
                continue;
            }
            if (segmentStarts && octet == '.' && dotsEnd(decoded, at, decoded.length)) {
                boolean up = at + 1 < decoded.length && decoded[at + 1] == '.';
                length = up ? parentEnd(normal, length) : length;
                at += up ? 1 : 0;
                continue;
            }
            normal[length++] = octet;
        }
        return Arrays.copyOf(normal, length);
    }

    /** The normal form of a path in a configuration, which may have characters beyond ASCII as themselves. */
    static byte[] of(String path) {
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        return of(bytes, 0, bytes.length);
    }

    /** Whether the segment that starts here is one dot or two. */
    private static boolean dotsEnd(byte[] bytes, int at, int to) {
        int end = at + 1 < to && bytes[at + 1] == '.' ? at + 2 : at + 1;
        return end == to || bytes[end] == '/';
    }

    /** Behind the slash before the last segment; {@code length} is behind the slash that ends it. */
    private static int parentEnd(byte[] path, int length) {
        int end = length - 1;
        while (end > 0 && path[end - 1] != '/') {
            end--;
        }
        return Math.max(end, 1);
    }

    private static byte[] decode(byte[] bytes, int from, int to) {
        ByteArrayOutputStream decoded = new ByteArrayOutputStream(to - from);
        for (int at = from; at < to; at++) {
            int octet = bytes[at] & 0xFF;
            boolean escape = octet == '%' && isHex(bytes, at + 1, to) && isHex(bytes, at + 2, to);
            if (escape) {
                octet = Character.digit(bytes[at + 1], 16) << 4 | Character.digit(bytes[at + 2], 16);
                at += 2;
            }
            if (octet > 0x7F || (escape && !isUnreserved(octet))) {
                decoded.write('%');
                decoded.write(UPPER_HEX[octet >> 4]);
                decoded.write(UPPER_HEX[octet & 15]);
            } else {
                decoded.write(octet);
            }
        }
        return decoded.toByteArray();
    }

    private static boolean isHex(byte[] bytes, int at, int to) {
        return at < to && Character.digit(bytes[at], 16) >= 0;
    }

    private static boolean isUnreserved(int octet) {
        return (octet >= 'a' && octet <= 'z')
                || (octet >= 'A' && octet <= 'Z')
                || (octet >= '0' && octet <= '9')
                || octet == '-'
                || octet == '.'
                || octet == '_'
                || octet == '~';
    }
}
