package dev.weir.http;

import io.netty.buffer.ByteBuf;

/**
 * The head of one HTTP/1 response: status line and header fields, as spans over the bytes they arrived in, checked as
 * strictly as a request (RFC 9110, RFC 9112). Reused from response to response: {@link #reset()} makes it ready.
 *
 * <p>Confined to the event loop of its connection. Except for {@link #read}, {@link #make}, {@link #started} and
 * {@link #reset}, the methods have a meaning only when the head is complete. All positions are indices into
 * {@link #bytes()}, from the start of a range to behind its end.
 */
public final class ResponseHead {
    private static final HeadLimits UNLIMITED = new HeadLimits(Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE);

    private final HeadBuffer buffer = new HeadBuffer();
    private final StatusLine line = new StatusLine();
    private final FieldParser fields = new FieldParser();
    private boolean lineComplete;
    private long contentLength;
    private boolean chunked;
    private boolean keepAlive;

    /**
     * Reads on. When the head is complete the input has been consumed exactly to its end; otherwise all of it has.
     *
     * @return whether the head is complete
     * @throws ProtocolViolation if a rule is broken or a limit passed; the head cannot be read further
     */
    public boolean read(ByteBuf in, HeadLimits limits) {
        while (in.isReadable()) {
            buffer.fill(in);
            if (parse(limits)) {
                buffer.giveBack(in, fields.end());
                conclude();
                return true;
            }
        }
        return false;
    }

    /**
     * Makes a head of the proxy's own in the same form as if it had been read.
     *
     * @param status 100 to 999
     * @param fieldLines complete lines {@code name: value CRLF}, without the empty line
     * @throws ProtocolViolation if the lines break a rule
     */
    public void make(int status, byte[] fieldLines) {
        reset();
        buffer.put(StatusLine.of(status));
        buffer.put(fieldLines);
        buffer.put(StatusLine.CRLF);
        if (!parse(UNLIMITED) || fields.end() != buffer.length()) {
            throw new IllegalArgumentException("fieldLines: not complete field lines");
        }
        conclude();
    }

    /**
     * Reads a head that is there as a whole, written by a translation from another protocol. Replaces what was read.
     *
     * @throws ProtocolViolation if a rule is broken or a limit passed
     * @throws IllegalArgumentException if it is not exactly one head
     */
    public void readWhole(ByteSink head, HeadLimits limits) {
        reset();
        buffer.put(head.array(), head.length());
        if (!parse(limits) || fields.end() != buffer.length()) {
            throw new IllegalArgumentException("head: not exactly one head");
        }
        conclude();
    }

    /** Writes a status line with the usual reason phrase; {@code status} is 100 to 999. */
    public static void putStatusLine(int status, ByteSink to) {
        StatusLine.put(status, to);
    }

    /** Whether a byte of a head has come. */
    public boolean started() {
        return buffer.length() > 0;
    }

    /** Makes this ready for the next response. Arrays that grew large are dropped. */
    public void reset() {
        buffer.clear();
        line.clear();
        fields.start(0);
        lineComplete = false;
    }

    private boolean parse(HeadLimits limits) {
        if (!lineComplete) {
            if (!line.read(buffer.bytes(), buffer.length(), limits)) {
                return false;
            }
            lineComplete = true;
            fields.start(line.end());
        }
        return fields.read(buffer.bytes(), buffer.length(), limits);
    }

    private void conclude() {
        Headers headers = fields.headers();
        contentLength = MessageRules.contentLength(headers);
        chunked = MessageRules.chunked(headers, line.minorVersion());
        keepAlive = MessageRules.keepAlive(MessageRules.connectionOptions(headers), line.minorVersion())
                && !announcesImpossibleBody();
    }

    /** A server that announces a body where there can be none may send one: its connection must not be used again. */
    private boolean announcesImpossibleBody() {
        return neverHasBody() && line.status() != 304 && (chunked || contentLength > 0);
    }

    private boolean neverHasBody() {
        return line.status() < 200 || line.status() == 204 || line.status() == 304;
    }

    /** The array that all positions point into; it holds the head from index 0. */
    public byte[] bytes() {
        return buffer.bytes();
    }

    public Headers headers() {
        return fields.headers();
    }

    /** 100 to 999. */
    public int status() {
        return line.status();
    }

    public int reasonStart() {
        return line.reasonStart();
    }

    /** Equal to the start when there is no reason phrase. */
    public int reasonEnd() {
        return line.reasonEnd();
    }

    /** 0 or 1; any higher minor version is treated as 1. */
    public int minorVersion() {
        return line.minorVersion();
    }

    /** Content-Length, or -1 when there is none. It may be there although no body comes. */
    public long contentLength() {
        return contentLength;
    }

    /**
     * Whether the server means to keep the connection (RFC 9112 section 9.3). False, too, when it announces a body
     * with a 1xx or 204, which have none. Says nothing about a body that lasts until the connection closes.
     */
    public boolean keepAlive() {
        return keepAlive;
    }

    /** The {@code timeout} parameter of Keep-Alive in seconds, or -1 when there is none. */
    public int keepAliveTimeoutSeconds() {
        return KeepAliveTimeout.seconds(fields.headers());
    }

    /**
     * How the end of the body is found (RFC 9112 section 6.3).
     *
     * @param answersHead whether the request's method was HEAD
     */
    public BodyFraming framing(boolean answersHead) {
        if (answersHead || neverHasBody()) {
            return BodyFraming.NONE;
        }
        if (chunked) {
            return BodyFraming.CHUNKED;
        }
        return contentLength >= 0 ? BodyFraming.LENGTH : BodyFraming.UNTIL_CLOSE;
    }
}
