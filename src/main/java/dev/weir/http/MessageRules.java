package dev.weir.http;

/** What the framing and connection fields of a complete head mean; both kinds of head ask here. */
final class MessageRules {
    static final int CLOSE = 1;
    static final int KEEP_ALIVE = 2;
    static final int UPGRADE = 4;

    private static final int MAX_OPTIONS = 32;
    private static final byte[][] OTHER_CODINGS = {
        Words.ascii("gzip"),
        Words.ascii("x-gzip"),
        Words.ascii("deflate"),
        Words.ascii("compress"),
        Words.ascii("x-compress"),
        Words.ascii("identity")
    };

    private MessageRules() {}

    /** Content-Length, or -1 when there is none (RFC 9112 section 6.2). Refuses lists, signs and overflow. */
    static long contentLength(Headers headers) {
        int i = headers.indexOf(Field.CONTENT_LENGTH);
        if (i < 0) {
            return -1;
        }
        if ((headers.repeated() & Field.CONTENT_LENGTH.mask) != 0) {
            throw ProtocolViolation.of(Violation.LENGTH_REPEATED);
        }
        return decimal(headers.bytes(), headers.valueStart(i), headers.valueEnd(i));
    }

    /** Whether the body is chunked (RFC 9112 section 6.1). Refuses every other Transfer-Encoding. */
    static boolean chunked(Headers headers, int minorVersion) {
        int i = headers.indexOf(Field.TRANSFER_ENCODING);
        if (i < 0) {
            return false;
        }
        if (minorVersion == 0) {
            throw ProtocolViolation.of(Violation.CODING_IN_HTTP_1_0);
        }
        if ((headers.repeated() & Field.TRANSFER_ENCODING.mask) != 0) {
            throw ProtocolViolation.of(Violation.CODING_REPEATED);
        }
        if (headers.has(Field.CONTENT_LENGTH)) {
            throw ProtocolViolation.of(Violation.LENGTH_AND_CODING);
        }
        if (!Octets.spells(headers.bytes(), headers.valueStart(i), headers.valueEnd(i), Words.CHUNKED)) {
            throw ProtocolViolation.of(codingViolation(headers, i));
        }
        return true;
    }

    /** The Connection options that matter here, as a set of bits (RFC 9110 section 7.6.1). */
    static int connectionOptions(Headers headers) {
        int options = 0;
        int count = 0;
        byte[] bytes = headers.bytes();
        for (int i = headers.indexOf(Field.CONNECTION); i >= 0; i = headers.next(Field.CONNECTION, i)) {
            ListCursor members = new ListCursor(bytes, headers.valueStart(i), headers.valueEnd(i));
            while (members.next()) {
                if (++count > MAX_OPTIONS) {
                    throw ProtocolViolation.of(Violation.TOO_MANY_CONNECTION_OPTIONS);
                }
                options |= option(bytes, members);
            }
        }
        return options;
    }

    /** Whether the connection stays open behind this message (RFC 9112 section 9.3). */
    static boolean keepAlive(int options, int minorVersion) {
        return (options & CLOSE) == 0 && (minorVersion > 0 || (options & KEEP_ALIVE) != 0);
    }

    private static int option(byte[] bytes, ListCursor member) {
        if (Octets.spells(bytes, member.start(), member.end(), Words.KEEP_ALIVE)) {
            return KEEP_ALIVE;
        }
        if (Octets.spells(bytes, member.start(), member.end(), Words.CLOSE)) {
            return CLOSE;
        }
        return Octets.spells(bytes, member.start(), member.end(), Words.UPGRADE) ? UPGRADE : 0;
    }

    private static long decimal(byte[] bytes, int from, int to) {
        if (from == to) {
            throw ProtocolViolation.of(Violation.LENGTH_INVALID);
        }
        long number = 0;
        boolean overflow = false;
        for (int at = from; at < to; at++) {
            int digit = bytes[at] - '0';
            if (digit < 0 || digit > 9) {
                throw ProtocolViolation.of(Violation.LENGTH_INVALID);
            }
            overflow |= number > (Long.MAX_VALUE - digit) / 10;
            number = number * 10 + digit;
        }
        if (overflow) {
            throw ProtocolViolation.of(Violation.LENGTH_OVERFLOW);
        }
        return number;
    }

    /** A coding that exists is not supported; a list that is none, or in which chunked is misplaced, is malformed. */
    private static Violation codingViolation(Headers headers, int i) {
        byte[] bytes = headers.bytes();
        ListCursor members = new ListCursor(bytes, headers.valueStart(i), headers.valueEnd(i));
        boolean chunkedBefore = false;
        while (members.next()) {
            boolean chunked = Octets.spells(bytes, members.start(), members.end(), Words.CHUNKED);
            if (chunkedBefore || !(chunked || isOtherCoding(bytes, members))) {
                return Violation.CODING_MALFORMED;
            }
            chunkedBefore = chunked;
        }
        return Violation.CODING_UNSUPPORTED;
    }

    private static boolean isOtherCoding(byte[] bytes, ListCursor member) {
        for (byte[] coding : OTHER_CODINGS) {
            if (Octets.spells(bytes, member.start(), member.end(), coding)) {
                return true;
            }
        }
        return false;
    }
}
