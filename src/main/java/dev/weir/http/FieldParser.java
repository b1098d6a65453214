package dev.weir.http;

/**
 * Parses the field lines of a header or trailer section up to the empty line (RFC 9112 section 5). It goes on where it
 * stopped when more bytes are there, looks at each byte once, and refuses at the first byte that breaks a rule,
 * however the bytes were split.
 */
final class FieldParser {
    private static final int IN_NAME = -1;

    private final Headers headers = new Headers();
    private int start;
    private int lineStart;
    private int colon;
    private int next;

    Headers headers() {
        return headers;
    }

    /** Behind the last byte looked at; behind the whole section when it is complete. */
    int end() {
        return next;
    }

    /** Begins with the section that starts there. */
    void start(int from) {
        start = from;
        lineStart = from;
        next = from;
        colon = IN_NAME;
        headers.clear();
    }

    /** Goes on up to {@code length}; true when the section is complete. */
    boolean read(byte[] bytes, int length, HeadLimits limits) {
        headers.attach(bytes);
        int window = (int) Math.min(length, (long) start + limits.headBytes());
        while (next < window) {
            if (next == lineStart && bytes[next] == Octets.CR) {
                next = lineFeedAfter(bytes, next, window);
                if (next > lineStart) {
                    return true;
                }
                break;
            }
            if ((colon == IN_NAME && !readName(bytes, window, limits)) || !readValue(bytes, window)) {
                break;
            }
        }
        if (window - start >= limits.headBytes()) {
            throw ProtocolViolation.of(Violation.SECTION_TOO_LARGE);
        }
        return false;
    }

    /** Returns whether a name and its colon were read. */
    private boolean readName(byte[] bytes, int window, HeadLimits limits) {
        int at = Octets.tokenEnd(bytes, next, window);
        next = at;
        if (at == window) {
            return false;
        }
        if (bytes[at] == ':' && at > lineStart) {
            if (headers.size() >= limits.fields()) {
                throw ProtocolViolation.of(Violation.TOO_MANY_FIELDS);
            }
            colon = at;
            next = at + 1;
            return true;
        }
        throw ProtocolViolation.of(nameViolation(bytes[at], at));
    }

    private Violation nameViolation(byte octet, int at) {
        boolean first = at == lineStart;
        return switch (octet) {
            case ':' -> Violation.NAME_EMPTY;
            case Octets.LF -> Violation.BARE_LF;
            case Octets.CR -> Violation.COLON_MISSING;
            case Octets.SP, Octets.HTAB -> {
                if (first) {
                    yield at == start ? Violation.LEADING_SPACE : Violation.OBS_FOLD;
                }
                yield Violation.SPACE_BEFORE_COLON;
            }
            default -> Violation.NAME_INVALID;
        };
    }

    /** Returns whether the line is complete. */
    private boolean readValue(byte[] bytes, int window) {
        int at = Octets.textEnd(bytes, next, window);
        next = at;
        if (at == window) {
            return false;
        }
        if (bytes[at] != Octets.CR) {
            throw ProtocolViolation.of(bytes[at] == Octets.LF ? Violation.BARE_LF : Violation.VALUE_INVALID);
        }
        int lineEnd = lineFeedAfter(bytes, at, window);
        if (lineEnd == at) {
            return false;
        }
        addField(bytes, at, lineEnd);
        next = lineEnd;
        lineStart = lineEnd;
        colon = IN_NAME;
        return true;
    }

    private void addField(byte[] bytes, int valueLimit, int lineEnd) {
        int valueStart = colon + 1;
        int valueEnd = valueLimit;
        while (valueStart < valueEnd && Octets.isSpace(bytes[valueStart])) {
            valueStart++;
        }
        while (valueEnd > valueStart && Octets.isSpace(bytes[valueEnd - 1])) {
            valueEnd--;
        }
        headers.add(lineStart, colon, valueStart, valueEnd, lineEnd);
    }

    /** Behind the LF that must follow the CR, or the CR's own place when the input ends with it. */
    private static int lineFeedAfter(byte[] bytes, int carriageReturn, int window) {
        if (carriageReturn + 1 == window) {
            return carriageReturn;
        }
        if (bytes[carriageReturn + 1] != Octets.LF) {
            throw ProtocolViolation.of(Violation.BARE_CR);
        }
        return carriageReturn + 2;
    }
}
