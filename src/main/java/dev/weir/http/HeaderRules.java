package dev.weir.http;

/** Which fields are passed on (RFC 9110 section 7.6.1), and the writing of those that are. */
public final class HeaderRules {
    /** The fields that speak about one connection only. */
    public static final long HOP_BY_HOP = Field.CONNECTION.mask
            | Field.KEEP_ALIVE.mask
            | Field.PROXY_CONNECTION.mask
            | Field.TE.mask
            | Field.TRAILER.mask
            | Field.TRANSFER_ENCODING.mask
            | Field.UPGRADE.mask
            | Field.HTTP2_SETTINGS.mask;

    /**
     * Fields that Connection cannot take away: framing and routing, without which the next server would read another
     * message, and those by which a server knows who asks, which a client could have removed behind a trusted proxy.
     * Upgrade is always named there; whether it is passed on is the caller's to say.
     */
    private static final long NEVER_NOMINATED = Field.HOST.mask
            | Field.CONTENT_LENGTH.mask
            | Field.TRANSFER_ENCODING.mask
            | Field.UPGRADE.mask
            | Field.X_FORWARDED_FOR.mask
            | Field.X_FORWARDED_PROTO.mask
            | Field.X_FORWARDED_HOST.mask
            | Field.X_FORWARDED_PORT.mask
            | Field.X_REAL_IP.mask
            | Field.X_FORWARDED_CLIENT_CERT.mask
            | Field.FORWARDED.mask
            | Field.VIA.mask;

    /** Fields that have no meaning, or a dangerous one, behind a body (RFC 9110 section 6.5.1). */
    private static final long NOT_IN_TRAILERS = HOP_BY_HOP
            | NEVER_NOMINATED
            | Field.EXPECT.mask
            | Field.MAX_FORWARDS.mask
            | Field.AUTHORIZATION.mask
            | Field.PROXY_AUTHENTICATE.mask
            | Field.PROXY_AUTHORIZATION.mask
            | Field.WWW_AUTHENTICATE.mask
            | Field.COOKIE.mask
            | Field.SET_COOKIE.mask
            | Field.CACHE_CONTROL.mask
            | Field.CONTENT_ENCODING.mask
            | Field.CONTENT_RANGE.mask
            | Field.CONTENT_TYPE.mask
            | Field.RANGE.mask
            | Field.RETRY_AFTER.mask;

    private HeaderRules() {}

    /**
     * Copies the field lines as they are, in their order, without those of {@code dropMask} and those that Connection
     * names. Connection cannot name framing, routing and forwarding fields away.
     *
     * @param dropMask {@link Field#mask} bits
     */
    public static void copyFields(Headers from, long dropMask, ByteSink to) {
        copy(from, dropMask, to, from.has(Field.CONNECTION));
    }

    /** Copies trailer lines without those that may not be trailers. */
    public static void copyTrailers(Headers from, ByteSink to) {
        copy(from, NOT_IN_TRAILERS, to, false);
    }

    /**
     * Whether {@link #copyFields} would copy the line {@code i}, for those who write fields in another form.
     *
     * @param dropMask {@link Field#mask} bits
     */
    public static boolean isKept(Headers from, int i, long dropMask) {
        return !isDropped(from, i, dropMask, from.has(Field.CONNECTION));
    }

    /** Whether {@link #copyTrailers} would copy the line {@code i}. */
    public static boolean isKeptTrailer(Headers from, int i) {
        return !isDropped(from, i, NOT_IN_TRAILERS, false);
    }

    private static boolean isDropped(Headers from, int i, long dropMask, boolean nominations) {
        long mask = from.field(i).mask;
        return (mask & dropMask) != 0 || (nominations && (mask & NEVER_NOMINATED) == 0 && isNominated(from, i));
    }

    /** Lines that are kept and follow one another are copied as one span. */
    private static void copy(Headers from, long dropMask, ByteSink to, boolean nominations) {
        int size = from.size();
        int keptFrom = -1;
        for (int i = 0; i < size; i++) {
            if (isDropped(from, i, dropMask, nominations)) {
                flush(from, keptFrom, i, to);
                keptFrom = -1;
            } else if (keptFrom < 0) {
                keptFrom = i;
            }
        }
        flush(from, keptFrom, size, to);
    }

    private static void flush(Headers from, int first, int behindLast, ByteSink to) {
        if (first >= 0) {
            int start = from.nameStart(first);
            to.put(from.bytes(), start, from.lineEnd(behindLast - 1) - start);
        }
    }

    private static boolean isNominated(Headers from, int i) {
        byte[] bytes = from.bytes();
        for (int c = from.indexOf(Field.CONNECTION); c >= 0; c = from.next(Field.CONNECTION, c)) {
            ListCursor options = new ListCursor(bytes, from.valueStart(c), from.valueEnd(c));
            while (options.next()) {
                if (Octets.sameName(bytes, options.start(), options.end(), from.nameStart(i), from.nameEnd(i))) {
                    return true;
                }
            }
        }
        return false;
    }
}
