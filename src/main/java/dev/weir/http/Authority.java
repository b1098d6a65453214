package dev.weir.http;

/** The {@code uri-host [":" port]} of Host and of a request target (RFC 9110 section 7.2, RFC 3986 section 3.2). */
final class Authority {
    private static final int INVALID = -1;
    private static final int MAX_PORT = 65_535;

    private Authority() {}

    /**
     * Where the host's name ends, which is at the colon before a port or at {@code to}; an IPv6 literal keeps its
     * brackets. Returns -1 when the range is not a host with an optional port; the port may be empty.
     */
    static int nameEnd(byte[] bytes, int from, int to) {
        if (from >= to) {
            return INVALID;
        }
        int end = bytes[from] == '[' ? literalEnd(bytes, from, to) : registeredNameEnd(bytes, from, to);
        return end > from && (end == to || isPort(bytes, end, to)) ? end : INVALID;
    }

    private static int registeredNameEnd(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && Octets.isHost(bytes[at])) {
            if (bytes[at] == '%' && !isEscape(bytes, at, to)) {
                return INVALID;
            }
            at++;
        }
        return at;
    }

    private static boolean isEscape(byte[] bytes, int at, int to) {
        return at + 2 < to && Octets.hexDigit(bytes[at + 1]) >= 0 && Octets.hexDigit(bytes[at + 2]) >= 0;
    }

    /** An address in brackets. Its groups are not counted: only bytes that could confuse somebody are refused. */
    private static int literalEnd(byte[] bytes, int from, int to) {
        int at = from + 1;
        while (at < to && (Octets.hexDigit(bytes[at]) >= 0 || bytes[at] == ':' || bytes[at] == '.')) {
            at++;
        }
        return at < to && at > from + 2 && bytes[at] == ']' ? at + 1 : INVALID;
    }

    private static boolean isPort(byte[] bytes, int colon, int to) {
        if (bytes[colon] != ':' || to - colon > 6) {
            return false;
        }
        int port = 0;
        for (int at = colon + 1; at < to; at++) {
            if (!Octets.isDigit(bytes[at])) {
                return false;
            }
            port = port * 10 + bytes[at] - '0';
        }
        return port <= MAX_PORT;
    }
}
