package dev.weir.http2;

import dev.weir.http.ProtocolViolation;
import dev.weir.http.Violation;
import io.netty.util.AsciiString;
import java.util.Arrays;

/**
 * What a regular field of HTTP/2 may be (RFC 9113 section 8.2), checked before it is written as a line of HTTP/1: after
 * this no name has a colon and no value a line end in it.
 */
final class FieldChecks {
    private static final AsciiString CONNECTION = AsciiString.cached("connection");
    private static final AsciiString KEEP_ALIVE = AsciiString.cached("keep-alive");
    private static final AsciiString PROXY_CONNECTION = AsciiString.cached("proxy-connection");
    private static final AsciiString TRANSFER_ENCODING = AsciiString.cached("transfer-encoding");
    private static final AsciiString UPGRADE = AsciiString.cached("upgrade");
    private static final AsciiString TE = AsciiString.cached("te");
    private static final AsciiString TRAILERS = AsciiString.cached("trailers");

    private static final boolean[] TOKEN = tokenBytes();

    private FieldChecks() {}

    /** Refuses a field that no message may have. */
    static void check(AsciiString name, AsciiString value) {
        checkName(name);
        checkValue(value);
        boolean connection = switch (name.length()) {
            case 2 -> {
                if (name.equals(TE) && !value.contentEqualsIgnoreCase(TRAILERS)) {
                    throw ProtocolViolation.of(Violation.TE_INVALID);
                }
                yield false;
            }
            case 7 -> name.equals(UPGRADE);
            case 10 -> name.equals(CONNECTION) || name.equals(KEEP_ALIVE);
            case 16 -> name.equals(PROXY_CONNECTION);
            case 17 -> name.equals(TRANSFER_ENCODING);
            default -> false;
        };
        if (connection) {
            throw ProtocolViolation.of(Violation.CONNECTION_FIELD);
        }
    }

    private static void checkName(AsciiString name) {
        int end = name.arrayOffset() + name.length();
        byte[] bytes = name.array();
        boolean valid = !name.isEmpty();
        for (int at = name.arrayOffset(); at < end; at++) {
            valid &= TOKEN[bytes[at] & 0xFF];
        }
        if (!valid) {
            boolean pseudo = !name.isEmpty() && name.byteAt(0) == ':';
            throw ProtocolViolation.of(pseudo ? Violation.PSEUDO_MISPLACED : Violation.FIELD_NAME_INVALID);
        }
    }

    private static void checkValue(AsciiString value) {
        int length = value.length();
        if (length == 0) {
            return;
        }
        byte[] bytes = value.array();
        int from = value.arrayOffset();
        boolean valid = !isSpace(bytes[from]) && !isSpace(bytes[from + length - 1]);
        for (int at = from; at < from + length; at++) {
            byte octet = bytes[at];
            valid &= octet != '\r' && octet != '\n' && octet != 0;
        }
        if (!valid) {
            throw ProtocolViolation.of(Violation.FIELD_VALUE_INVALID);
        }
    }

    /** Whether all bytes are visible ASCII, of which there is at least one: no line or part of one can be ended by it. */
    static boolean isVisible(AsciiString text) {
        int end = text.arrayOffset() + text.length();
        byte[] bytes = text.array();
        boolean visible = !text.isEmpty();
        for (int at = text.arrayOffset(); at < end; at++) {
            visible &= bytes[at] > 0x20 && bytes[at] < 0x7F;
        }
        return visible;
    }

    private static boolean isSpace(byte octet) {
        return octet == ' ' || octet == '\t';
    }

    private static boolean[] tokenBytes() {
        boolean[] members = new boolean[256];
        Arrays.fill(members, '0', '9' + 1, true);
        Arrays.fill(members, 'a', 'z' + 1, true);
        for (char c : "!#$%&'*+-.^_`|~".toCharArray()) {
            members[c] = true;
        }
        return members;
    }
}
