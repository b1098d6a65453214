package dev.weir.http;

import java.util.Map;

/**
 * Parses {@code HTTP/1.x SP status [SP reason] CRLF} (RFC 9112 section 4) at the start of an array, resumably. Refuses
 * at the first byte that breaks a rule, however the bytes were split.
 */
final class StatusLine {
    static final byte[] CRLF = {Octets.CR, Octets.LF};

    private static final int STATUS_START = 9;
    private static final int STATUS_END = 12;
    private static final Map<Integer, String> REASONS = Map.ofEntries(
            Map.entry(100, "Continue"),
            Map.entry(101, "Switching Protocols"),
            Map.entry(103, "Early Hints"),
            Map.entry(200, "OK"),
            Map.entry(201, "Created"),
            Map.entry(202, "Accepted"),
            Map.entry(204, "No Content"),
            Map.entry(206, "Partial Content"),
            Map.entry(301, "Moved Permanently"),
            Map.entry(302, "Found"),
            Map.entry(303, "See Other"),
            Map.entry(304, "Not Modified"),
            Map.entry(307, "Temporary Redirect"),
            Map.entry(308, "Permanent Redirect"),
            Map.entry(400, "Bad Request"),
            Map.entry(401, "Unauthorized"),
            Map.entry(403, "Forbidden"),
            Map.entry(404, "Not Found"),
            Map.entry(405, "Method Not Allowed"),
            Map.entry(406, "Not Acceptable"),
            Map.entry(408, "Request Timeout"),
            Map.entry(409, "Conflict"),
            Map.entry(410, "Gone"),
            Map.entry(412, "Precondition Failed"),
            Map.entry(413, "Content Too Large"),
            Map.entry(414, "URI Too Long"),
            Map.entry(415, "Unsupported Media Type"),
            Map.entry(416, "Range Not Satisfiable"),
            Map.entry(417, "Expectation Failed"),
            Map.entry(421, "Misdirected Request"),
            Map.entry(422, "Unprocessable Content"),
            Map.entry(429, "Too Many Requests"),
            Map.entry(431, "Request Header Fields Too Large"),
            Map.entry(500, "Internal Server Error"),
            Map.entry(501, "Not Implemented"),
            Map.entry(502, "Bad Gateway"),
            Map.entry(503, "Service Unavailable"),
            Map.entry(504, "Gateway Timeout"),
            Map.entry(505, "HTTP Version Not Supported"));

    /** The lines of the statuses above, by status. */
    private static final byte[][] KNOWN = new byte[600][];

    static {
        REASONS.keySet().forEach(status -> KNOWN[status] = of(status));
    }

    private int status;
    private int reasonStart;
    private int reasonEnd;
    private int minorVersion;
    private int next;

    /** A status line with the usual reason phrase, and its CRLF. */
    static byte[] of(int status) {
        if (status < 100 || status > 999) {
            throw new IllegalArgumentException("status: " + status + " (expected: 100 to 999)");
        }
        return Words.ascii("HTTP/1.1 " + status + ' ' + REASONS.getOrDefault(status, "") + "\r\n");
    }

    /** Writes the line of {@link #of}. */
    static void put(int status, ByteSink to) {
        byte[] known = status < KNOWN.length ? KNOWN[status] : null;
        to.put(known != null ? known : of(status));
    }

    void clear() {
        reasonStart = 0;
    }

    /** Goes on up to {@code length}; true when the line is complete and {@link #end()} lies behind it. */
    boolean read(byte[] bytes, int length, HeadLimits limits) {
        int window = Math.min(length, limits.lineBytes());
        boolean complete = (reasonStart > 0 || readStatus(bytes, window)) && readReason(bytes, window);
        if (!complete && window == limits.lineBytes()) {
            throw ProtocolViolation.of(Violation.LINE_TOO_LONG);
        }
        return complete;
    }

    /** Reads up to the byte behind the status, which is the CR of a missing reason or a space. */
    private boolean readStatus(byte[] bytes, int window) {
        if (HttpVersion.read(bytes, 0, window) < 0) {
            return false;
        }
        for (int at = STATUS_START - 1; at <= Math.min(STATUS_END, window - 1); at++) {
            if (!fits(bytes[at], at)) {
                throw ProtocolViolation.of(bytes[at] == Octets.LF ? Violation.BARE_LF : Violation.STATUS_LINE);
            }
        }
        if (window <= STATUS_END) {
            return false;
        }
        minorVersion = HttpVersion.minor(bytes, 0);
        status = 0;
        for (int at = STATUS_START; at < STATUS_END; at++) {
            status = status * 10 + bytes[at] - '0';
        }
        reasonStart = bytes[STATUS_END] == Octets.SP ? STATUS_END + 1 : STATUS_END;
        next = reasonStart;
        return true;
    }

    private static boolean fits(byte octet, int at) {
        return switch (at) {
            case STATUS_START - 1 -> octet == Octets.SP;
            case STATUS_START -> octet >= '1' && octet <= '9';
            case STATUS_END -> octet == Octets.SP || octet == Octets.CR;
            default -> Octets.isDigit(octet);
        };
    }

    private boolean readReason(byte[] bytes, int window) {
        int at = Octets.textEnd(bytes, next, window);
        next = at;
        if (at == window) {
            return false;
        }
        if (bytes[at] != Octets.CR) {
            throw ProtocolViolation.of(bytes[at] == Octets.LF ? Violation.BARE_LF : Violation.REASON_INVALID);
        }
        if (at + 1 == window) {
            return false;
        }
        if (bytes[at + 1] != Octets.LF) {
            throw ProtocolViolation.of(Violation.BARE_CR);
        }
        reasonEnd = at;
        next = at + 2;
        return true;
    }

    int end() {
        return next;
    }

    int status() {
        return status;
    }

    int reasonStart() {
        return reasonStart;
    }

    int reasonEnd() {
        return reasonEnd;
    }

    int minorVersion() {
        return minorVersion;
    }
}
