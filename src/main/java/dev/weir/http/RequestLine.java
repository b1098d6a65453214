package dev.weir.http;

/**
 * Parses {@code method SP target SP HTTP/1.x CRLF} (RFC 9112 section 3) at the start of an array, resumably, and finds
 * the parts of the target. Refuses at the first byte that breaks a rule, however the bytes were split.
 */
final class RequestLine {
    private static final int MAX_METHOD = 32;

    private int methodEnd;
    private int targetStart;
    private int targetEnd;
    private int next;
    private Method method = Method.OTHER;
    private TargetForm form = TargetForm.ORIGIN;
    private int pathStart;
    private int pathEnd;
    private int hostStart;
    private int hostEnd;
    private int hostNameEnd;
    private int minorVersion = -1;

    void clear() {
        methodEnd = 0;
        targetStart = 0;
        targetEnd = 0;
        next = 0;
        hostStart = 0;
        hostEnd = 0;
        hostNameEnd = 0;
        method = Method.OTHER;
        minorVersion = -1;
    }

    /** Goes on up to {@code length}; true when the line is complete and {@link #end()} lies behind it. */
    boolean read(byte[] bytes, int length, HeadLimits limits) {
        int window = Math.min(length, limits.lineBytes());
        boolean complete = (targetStart > 0 || readMethod(bytes, window))
                && (targetEnd > 0 || readTarget(bytes, window))
                && readVersion(bytes, window);
        if (!complete && window == limits.lineBytes()) {
            throw ProtocolViolation.of(Violation.LINE_TOO_LONG);
        }
        return complete;
    }

    private boolean readMethod(byte[] bytes, int window) {
        int at = Octets.tokenEnd(bytes, 0, Math.min(window, MAX_METHOD + 1));
        if (at > MAX_METHOD) {
            throw ProtocolViolation.of(Violation.METHOD_TOO_LONG);
        }
        if (at == window) {
            return false;
        }
        if (bytes[at] != Octets.SP || at == 0) {
            throw ProtocolViolation.of(bytes[at] == Octets.LF ? Violation.BARE_LF : Violation.METHOD_INVALID);
        }
        methodEnd = at;
        method = Method.of(bytes, 0, at);
        targetStart = at + 1;
        next = targetStart;
        return true;
    }

    private boolean readTarget(byte[] bytes, int window) {
        int at = Octets.targetEnd(bytes, next, window);
        next = at;
        if (at == window) {
            return false;
        }
        if (bytes[at] != Octets.SP || at == targetStart) {
            throw ProtocolViolation.of(targetViolation(bytes[at], at));
        }
        targetEnd = at;
        return true;
    }

    private Violation targetViolation(byte octet, int at) {
        return switch (octet) {
            case Octets.LF -> Violation.BARE_LF;
            case Octets.CR -> at == targetStart ? Violation.TARGET_INVALID : Violation.VERSION_MISSING;
            default -> Violation.TARGET_INVALID;
        };
    }

    /** Reads {@code HTTP/1.x CRLF}, ten bytes, of which each is judged as soon as it is there. */
    private boolean readVersion(byte[] bytes, int window) {
        int from = targetEnd + 1;
        int end = HttpVersion.read(bytes, from, window);
        if (end < 0 || end == window) {
            return false;
        }
        if (bytes[end] != Octets.CR) {
            throw ProtocolViolation.of(bytes[end] == Octets.LF ? Violation.BARE_LF : Violation.VERSION_MALFORMED);
        }
        if (end + 1 == window) {
            return false;
        }
        if (bytes[end + 1] != Octets.LF) {
            throw ProtocolViolation.of(Violation.BARE_CR);
        }
        next = end + 2;
        minorVersion = HttpVersion.minor(bytes, from);
        resolveTarget(bytes);
        return true;
    }

    private void resolveTarget(byte[] bytes) {
        boolean connect = method == Method.CONNECT;
        pathStart = targetStart;
        if (connect) {
            resolveAuthority(bytes);
        } else if (bytes[targetStart] == '/') {
            form = TargetForm.ORIGIN;
        } else if (bytes[targetStart] == '*' && targetEnd - targetStart == 1) {
            resolveAsterisk();
        } else {
            resolveAbsolute(bytes);
        }
        pathEnd = form == TargetForm.AUTHORITY ? pathStart : Octets.indexOf(bytes, pathStart, targetEnd, '?');
    }

    private void resolveAsterisk() {
        if (method != Method.OPTIONS) {
            throw ProtocolViolation.of(Violation.ASTERISK_WITHOUT_OPTIONS);
        }
        form = TargetForm.ASTERISK;
    }

    private void resolveAuthority(byte[] bytes) {
        form = TargetForm.AUTHORITY;
        pathStart = targetEnd;
        setHost(bytes, targetStart, targetEnd, Violation.CONNECT_TARGET);
        if (hostEnd - hostNameEnd < 2) {
            throw ProtocolViolation.of(Violation.CONNECT_TARGET);
        }
    }

    private void resolveAbsolute(byte[] bytes) {
        form = TargetForm.ABSOLUTE;
        int from = schemeEnd(bytes);
        int to = from;
        while (to < targetEnd && bytes[to] != '/' && bytes[to] != '?') {
            if (bytes[to] == '@') {
                throw ProtocolViolation.of(Violation.TARGET_USERINFO);
            }
            to++;
        }
        setHost(bytes, from, to, Violation.TARGET_AUTHORITY);
        pathStart = to;
    }

    private int schemeEnd(byte[] bytes) {
        int colon = Octets.indexOf(bytes, targetStart, targetEnd, ':');
        boolean known = Octets.spells(bytes, targetStart, colon, Words.HTTP)
                || Octets.spells(bytes, targetStart, colon, Words.HTTPS);
        if (!known || colon + 3 > targetEnd || bytes[colon + 1] != '/' || bytes[colon + 2] != '/') {
            throw ProtocolViolation.of(Violation.TARGET_FORM);
        }
        return colon + 3;
    }

    private void setHost(byte[] bytes, int from, int to, Violation otherwise) {
        int nameEnd = Authority.nameEnd(bytes, from, to);
        if (nameEnd < 0) {
            throw ProtocolViolation.of(otherwise);
        }
        hostStart = from;
        hostEnd = to;
        hostNameEnd = nameEnd;
    }

    /** Takes the host from the Host field, which was found valid, when the target names none. */
    void hostFromField(int from, int to, int nameEnd) {
        if (hostEnd == 0) {
            hostStart = from;
            hostEnd = to;
            hostNameEnd = nameEnd;
        }
    }

    int end() {
        return next;
    }

    Method method() {
        return method;
    }

    int methodEnd() {
        return methodEnd;
    }

    int targetStart() {
        return targetStart;
    }

    int targetEnd() {
        return targetEnd;
    }

    TargetForm form() {
        return form;
    }

    int pathStart() {
        return pathStart;
    }

    int pathEnd() {
        return pathEnd;
    }

    /** 0 when there is no host. */
    int hostEnd() {
        return hostEnd;
    }

    int hostStart() {
        return hostStart;
    }

    int hostNameEnd() {
        return hostNameEnd;
    }

    int minorVersion() {
        return minorVersion;
    }
}
