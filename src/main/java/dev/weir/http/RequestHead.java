package dev.weir.http;

import io.netty.buffer.ByteBuf;

/**
 * The head of one HTTP/1 request: request line and header fields, as spans over the bytes they arrived in, checked
 * strictly (RFC 9110, RFC 9112). Reused from request to request: {@link #reset()} makes it ready for the next.
 *
 * <p>Confined to the event loop of its connection. Except for {@link #read}, {@link #started} and {@link #reset}, the
 * methods have a meaning only when {@code read} has returned true. All positions are indices into {@link #bytes()},
 * from the start of a range to behind its end.
 */
public final class RequestHead {
    private static final int MAX_EMPTY_LINES = 4;

    private final HeadBuffer buffer = new HeadBuffer();
    private final RequestLine line = new RequestLine();
    private final FieldParser fields = new FieldParser();
    private int emptyLineBytes;
    private boolean started;
    private boolean lineComplete;
    private long contentLength;
    private BodyFraming framing = BodyFraming.NONE;
    private boolean keepAlive;
    private boolean expectsContinue;
    private boolean upgrade;

    /**
     * Reads on. When the head is complete the input has been consumed exactly to its end; otherwise all of it has.
     *
     * @return whether the head is complete
     * @throws ProtocolViolation if a rule is broken or a limit passed; the head cannot be read further
     */
    public boolean read(ByteBuf in, HeadLimits limits) {
        if (!started && !skipEmptyLines(in)) {
            return false;
        }
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
     * Reads a head that is there as a whole, written by a translation from another protocol. Replaces what was read.
     *
     * @throws ProtocolViolation if a rule is broken or a limit passed
     * @throws IllegalArgumentException if it is not exactly one head
     */
    public void readWhole(ByteSink head, HeadLimits limits) {
        reset();
        started = true;
        buffer.put(head.array(), head.length());
        if (!parse(limits) || fields.end() != buffer.length()) {
            throw new IllegalArgumentException("head: not exactly one head");
        }
        conclude();
    }

    /** Whether a byte of a head has come; empty lines before it do not count. */
    public boolean started() {
        return started;
    }

    /** Makes this ready for the next request. Arrays that grew large are dropped. */
    public void reset() {
        buffer.clear();
        line.clear();
        fields.start(0);
        emptyLineBytes = 0;
        started = false;
        lineComplete = false;
    }

    /** RFC 9112 section 2.2: a robust server ignores an empty line where it waits for a request line. */
    private boolean skipEmptyLines(ByteBuf in) {
        while (in.isReadable()) {
            byte octet = in.getByte(in.readerIndex());
            boolean lineFeedDue = (emptyLineBytes & 1) != 0;
            if (octet != (lineFeedDue ? Octets.LF : Octets.CR)) {
                if (lineFeedDue || octet == Octets.LF) {
                    throw ProtocolViolation.of(lineFeedDue ? Violation.BARE_CR : Violation.BARE_LF);
                }
                started = true;
                return true;
            }
            if (++emptyLineBytes > 2 * MAX_EMPTY_LINES) {
                throw ProtocolViolation.of(Violation.EMPTY_LINES);
            }
            in.skipBytes(1);
        }
        return false;
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
        concludeHost(headers);
        int minor = line.minorVersion();
        contentLength = MessageRules.contentLength(headers);
        boolean chunked = MessageRules.chunked(headers, minor);
        framing = chunked ? BodyFraming.CHUNKED : contentLength >= 0 ? BodyFraming.LENGTH : BodyFraming.NONE;
        int options = MessageRules.connectionOptions(headers);
        keepAlive = MessageRules.keepAlive(options, minor);
        expectsContinue = minor > 0 && headers.listContains(Field.EXPECT, Words.CONTINUE);
        upgrade = minor > 0
                && (options & MessageRules.UPGRADE) != 0
                && headers.has(Field.UPGRADE)
                && !chunked
                && contentLength <= 0
                && !headers.listContains(Field.UPGRADE, Words.H2C);
    }

    private void concludeHost(Headers headers) {
        int i = headers.indexOf(Field.HOST);
        if (i < 0) {
            if (line.minorVersion() > 0) {
                throw ProtocolViolation.of(Violation.HOST_MISSING);
            }
            return;
        }
        if ((headers.repeated() & Field.HOST.mask) != 0) {
            throw ProtocolViolation.of(Violation.HOST_REPEATED);
        }
        int from = headers.valueStart(i);
        int to = headers.valueEnd(i);
        int nameEnd = Authority.nameEnd(headers.bytes(), from, to);
        if (nameEnd < 0) {
            throw ProtocolViolation.of(Violation.HOST_INVALID);
        }
        line.hostFromField(from, to, nameEnd);
    }

    /** The array that all positions point into; it holds the head from index 0. */
    public byte[] bytes() {
        return buffer.bytes();
    }

    public Headers headers() {
        return fields.headers();
    }

    public Method method() {
        return line.method();
    }

    public int methodStart() {
        return 0;
    }

    public int methodEnd() {
        return line.methodEnd();
    }

    public int targetStart() {
        return line.targetStart();
    }

    public int targetEnd() {
        return line.targetEnd();
    }

    public TargetForm form() {
        return line.form();
    }

    /**
     * Where the path starts. From here to {@link #targetEnd()} the target is in origin form, except that the slash is
     * missing when the path is empty, as in {@code http://host?query}.
     */
    public int pathStart() {
        return line.pathStart();
    }

    /** Where the path ends: at the question mark of a query or at the end of the target. */
    public int pathEnd() {
        return line.pathEnd();
    }

    /** Whether the target or a Host field names the host; always so in HTTP/1.1. */
    public boolean hasHost() {
        return line.hostEnd() > 0;
    }

    /** The host with its port: the target's when it names one (RFC 9112 section 3.2.2), else the Host field's. */
    public int hostStart() {
        return line.hostStart();
    }

    public int hostEnd() {
        return line.hostEnd();
    }

    /** The end of the host without its port; an IPv6 address keeps its brackets. */
    public int hostNameEnd() {
        return line.hostNameEnd();
    }

    /** 0 or 1; any higher minor version is treated as 1. */
    public int minorVersion() {
        return line.minorVersion();
    }

    /** NONE, LENGTH or CHUNKED; LENGTH with 0 when the request says so. */
    public BodyFraming framing() {
        return framing;
    }

    /** Content-Length, or -1 when there is none. */
    public long contentLength() {
        return contentLength;
    }

    /** Whether the client means to keep the connection (RFC 9112 section 9.3). */
    public boolean keepAlive() {
        return keepAlive;
    }

    /** Whether the client waits for 100 (Continue) before it sends the body (RFC 9110 section 10.1.1). */
    public boolean expectsContinue() {
        return expectsContinue;
    }

    /**
     * Whether the client asks for another protocol in a way that may be passed on (RFC 9110 section 7.8): in HTTP/1.1,
     * without a body, and not for h2c, in which requests would pass unseen.
     */
    public boolean upgrade() {
        return upgrade;
    }
}
