package dev.weir.http;

/** The request methods that Weir knows (RFC 9110 section 9, RFC 5789); any other token is {@link #OTHER}. */
public enum Method {
    GET(true),
    HEAD(true),
    POST(false),
    PUT(true),
    DELETE(true),
    CONNECT(false),
    OPTIONS(true),
    TRACE(true),
    PATCH(false),
    OTHER(false);

    private static final Method[] KNOWN = values();

    private final boolean idempotent;
    private final long word;

    Method(boolean idempotent) {
        this.idempotent = idempotent;
        this.word = word(name());
    }

    /** Whether doing it twice is meant to have the effect of doing it once (RFC 9110 section 9.2.2). */
    public boolean idempotent() {
        return idempotent;
    }

    /** Whether content is expected, so that its absence is to be said (RFC 9110 section 8.6). */
    public boolean anticipatesContent() {
        return this == POST || this == PUT || this == PATCH;
    }

    /** The method spelled by the bytes; the array has eight bytes more behind them. Methods are case-sensitive. */
    static Method of(byte[] bytes, int from, int to) {
        int length = to - from;
        if (length > 7) {
            return OTHER;
        }
        long spelled = Octets.word(bytes, from) & Octets.lowBytes(length);
        if (spelled == GET.word) {
            return GET;
        }
        for (Method method : KNOWN) {
            if (method.word == spelled && method != OTHER) {
                return method;
            }
        }
        return OTHER;
    }

    private static long word(String name) {
        long word = 0;
        for (int i = 0; i < name.length(); i++) {
            word |= (long) name.charAt(i) << (8 * i);
        }
        return word;
    }
}
