package dev.weir.upstream;

import dev.weir.http.BodyFraming;
import dev.weir.http.ByteSink;
import dev.weir.http.Headers;
import dev.weir.http.Method;
import dev.weir.http.ProtocolViolation;
import dev.weir.http.RequestHead;
import dev.weir.http.ResponseHead;
import dev.weir.http.Violation;
import dev.weir.http2.FieldList;
import dev.weir.loop.Deadline;
import dev.weir.observe.Cause;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.AsciiString;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One request on an HTTP/2 connection to a server. What was received and not taken yet is not given back to the window,
 * so a slow client holds back the server's stream and nothing else. Confined to its loop.
 */
final class Http2Upstream implements UpstreamStream {
    private static final AsciiString HTTP = AsciiString.cached("http");
    private static final AsciiString HTTPS = AsciiString.cached("https");

    private enum State {
        /** The request is on its way, no final head came yet. */
        AWAITING_HEAD,
        AWAITING_BODY,
        TUNNEL,
        CLOSED
    }

    private final Http2Connection connection;
    private final boolean reused;
    private final Deadline deadline = new Deadline(this::expired);
    private @Nullable UpstreamListener listener;
    private @Nullable Http2Stream stream;
    private @Nullable ResponseHead head;
    private State state = State.AWAITING_HEAD;

    private boolean requestSent;
    /** The last frame of the request, or of the client's half of a tunnel, has been written. */
    private boolean ended;

    private boolean serverEnded;
    private boolean answersHead;
    private byte @Nullable [] websocketAccept;
    private int interimResponses;
    private boolean progressed;

    private boolean reading = true;
    private int withheld;
    private boolean touched;
    /** Content that must still come; negative when that is not known. */
    private long remaining;

    Http2Upstream(Http2Connection connection, UpstreamListener listener, boolean reused) {
        this.connection = connection;
        this.listener = listener;
        this.reused = reused;
    }

    int id() {
        return stream == null ? 0 : stream.id();
    }

    // ---- the request ----

    @Override
    public boolean reused() {
        return reused;
    }

    @Override
    public boolean exclusive() {
        return false;
    }

    @Override
    public long connectNanos() {
        return reused ? -1 : connection.connectNanos();
    }

    @Override
    public void sendHead(RequestHead request, long dropMask, ByteSink added) {
        UpstreamPool pool = connection.pool();
        answersHead = request.method() == Method.HEAD;
        websocketAccept = request.upgrade() ? WebSocketAccept.of(request.headers()) : null;
        head = pool.upstreams().takeHead();
        AsciiString scheme = connection.settings().encrypted() ? HTTPS : HTTP;
        FieldList fields = pool.upstreams().outgoing().request(request, dropMask, added, scheme, pool.authority());
        ended = !request.upgrade()
                && request.framing() != BodyFraming.CHUNKED
                && (request.framing() == BodyFraming.NONE || request.contentLength() == 0);
        stream = connection.begin(this, fields, ended);
        if (stream == null) {
            // Not at once: whoever sends expects to be told later.
            pool.loop().executor().execute(() -> refused("the connection takes no more requests"));
        }
    }

    @Override
    public void sendData(ByteBuf in, int length) {
        Http2Stream to = stream;
        if (to == null || state == State.CLOSED || ended) {
            in.skipBytes(length);
            return;
        }
        connection.pool().meters().bytesSent.add(length);
        connection.send(to, in, length);
        if (state == State.TUNNEL) {
            arm(connection.settings().tunnelIdleNanos());
        } else if (!requestSent && !deadline.armed() && !connection.writable(to)) {
            progressed = false;
            arm(connection.settings().bodyIdleNanos());
        }
    }

    @Override
    public void sendEnd(Headers trailers) {
        Http2Stream to = stream;
        if (to == null || state == State.CLOSED) {
            return;
        }
        boolean upgrading = websocketAccept != null && state != State.TUNNEL;
        requestSent = true;
        if (!ended && !upgrading) {
            ended = true;
            connection.end(to, trailers);
        }
        if (state == State.AWAITING_HEAD) {
            arm(connection.settings().firstByteNanos());
        }
        flush();
    }

    @Override
    public void flush() {
        connection.flushSoon();
    }

    @Override
    public boolean writable() {
        return stream == null || connection.writable(stream);
    }

    @Override
    public void reading(boolean on) {
        if (reading == on || state == State.CLOSED) {
            return;
        }
        reading = on;
        if (!on) {
            // The client is slow, not the server: its own deadline runs on the other side.
            deadline.disarm();
            return;
        }
        if (state == State.AWAITING_BODY) {
            arm(connection.settings().bodyIdleNanos());
        } else if (state == State.TUNNEL) {
            arm(connection.settings().tunnelIdleNanos());
        }
        int taken = withheld;
        withheld = 0;
        if (taken > 0 && stream != null) {
            connection.consumed(stream, taken);
        }
    }

    @Override
    public void cancel() {
        boolean orderly = ended && serverEnded;
        listener = null;
        close(orderly ? null : Http2Error.CANCEL);
    }

    private void arm(long nanos) {
        connection.arm(deadline, nanos);
    }

    // ---- the response ----

    /** A header block came: a head, or trailers. */
    void headers(FieldList block, boolean last) {
        try {
            touch();
            if (state == State.AWAITING_HEAD) {
                head(block, last);
            } else if (state == State.AWAITING_BODY && last && remaining <= 0) {
                finish(connection
                        .pool()
                        .upstreams()
                        .incoming()
                        .trailers(block, connection.settings().headLimits()));
            } else if (state != State.CLOSED) {
                malformed(Violation.LENGTH_MISMATCH.text());
            }
        } catch (ProtocolViolation violation) {
            refuse(violation.violation());
        }
    }

    private void head(FieldList block, boolean last) {
        ResponseHead response = Objects.requireNonNull(head, "a response before the request");
        connection
                .pool()
                .upstreams()
                .incoming()
                .response(block, last, response, connection.settings().headLimits());
        int status = response.status();
        if (status < 200) {
            interim(response, last);
            return;
        }
        if (websocketAccept != null && status < 300) {
            tunnel(response, last);
            return;
        }
        BodyFraming framing = last ? BodyFraming.NONE : response.framing(answersHead);
        boolean hasContent = response.framing(answersHead) != BodyFraming.NONE;
        remaining = hasContent ? response.contentLength() : 0;
        if (last && remaining > 0) {
            malformed(Violation.LENGTH_MISMATCH.text());
            return;
        }
        state = State.AWAITING_BODY;
        hearing().onHead(response, framing);
        if (state != State.AWAITING_BODY) {
            return;
        }
        if (last) {
            finish(Headers.EMPTY);
        } else {
            arm(connection.settings().bodyIdleNanos());
        }
    }

    private void interim(ResponseHead response, boolean last) {
        if (last || ++interimResponses > AnswerHead.MOST_INTERIM_RESPONSES) {
            malformed(last ? "an interim response ends the stream" : "too many interim responses");
            return;
        }
        hearing().onInterim(response);
        response.reset();
    }

    /** The server took the extended CONNECT: to the client that is the upgrade that it asked for. */
    private void tunnel(ResponseHead response, boolean last) {
        if (last) {
            malformed("the server ends a tunnel with its beginning");
            return;
        }
        response.make(101, WebSocketAccept.lines(response.headers(), Objects.requireNonNull(websocketAccept)));
        state = State.TUNNEL;
        requestSent = false;
        arm(connection.settings().tunnelIdleNanos());
        hearing().onTunnel(response, this);
    }

    /** Content came; returns how much of it the window may have back now. */
    int data(ByteBuf in, boolean last) {
        int length = in.readableBytes();
        touch();
        if (state != State.AWAITING_BODY && state != State.TUNNEL) {
            malformed("content comes before a head");
            return length;
        }
        boolean counted = state == State.AWAITING_BODY && remaining >= 0;
        if (counted && (remaining < length || (last && remaining != length))) {
            fail(
                    remaining < length ? Cause.RESPONSE_MALFORMED : Cause.RESPONSE_INCOMPLETE,
                    Delivery.POSSIBLE,
                    Violation.LENGTH_MISMATCH.text(),
                    Http2Error.PROTOCOL_ERROR);
            return length;
        }
        if (counted) {
            remaining -= length;
        }
        if (length > 0) {
            if (reading) {
                arm(
                        state == State.TUNNEL
                                ? connection.settings().tunnelIdleNanos()
                                : connection.settings().bodyIdleNanos());
            }
            hearing().onData(in, length);
        }
        if (last && state == State.TUNNEL) {
            serverEnded = true;
            // The exchange cancels this stream when the client's half is over too.
            hearing().onEnd(Headers.EMPTY);
        } else if (last && state == State.AWAITING_BODY) {
            finish(Headers.EMPTY);
        }
        if (reading || state == State.CLOSED) {
            return length;
        }
        withheld += length;
        return 0;
    }

    private void finish(Headers trailers) {
        UpstreamListener hears = hearing();
        ResponseHead response = head;
        listener = null;
        head = null;
        // A server that needs no more of the request to answer is told that no more comes.
        close(ended ? null : Http2Error.NO_ERROR);
        hears.onEnd(trailers);
        if (response != null) {
            connection.pool().upstreams().giveBack(response);
        }
    }

    private void touch() {
        if (!touched) {
            touched = true;
            connection.touched(this);
        }
    }

    /** What came in one read has been handed over. */
    void readComplete() {
        touched = false;
        if (listener != null) {
            listener.onReadComplete();
        }
    }

    // ---- what the connection tells ----

    /** A piece of the request has passed the server's window. */
    void progressed() {
        progressed = true;
    }

    void writabilityChanged() {
        if (stream == null || listener == null || !connection.writable(stream)) {
            return;
        }
        if (state == State.AWAITING_HEAD && !requestSent) {
            deadline.disarm();
        }
        listener.onWritable();
    }

    /** The server reset the stream. */
    void reset(long code) {
        connection.pool().meters().http2Resets.increment();
        Http2Error error = Http2Error.valueOf(code);
        String detail = "the server reset the stream: " + (error == null ? "error " + code : error.name());
        if (error == Http2Error.REFUSED_STREAM && state == State.AWAITING_HEAD) {
            refused(detail);
            return;
        }
        Cause cause = state == State.AWAITING_BODY ? Cause.RESPONSE_INCOMPLETE : Cause.SERVER_CLOSED;
        fail(cause, Delivery.POSSIBLE, detail, null);
    }

    /** The server said, or it is plain, that it did nothing with the request. */
    void refused(String detail) {
        fail(Cause.REQUEST_REFUSED, Delivery.NONE, detail, null);
    }

    /** The connection has ended. */
    void connectionEnded(String detail) {
        Cause cause = state == State.AWAITING_BODY ? Cause.RESPONSE_INCOMPLETE : Cause.SERVER_CLOSED;
        fail(cause, Delivery.POSSIBLE, detail, null);
    }

    /** The server broke a rule on this stream. */
    void malformed(String detail) {
        fail(Cause.RESPONSE_MALFORMED, Delivery.POSSIBLE, detail, Http2Error.PROTOCOL_ERROR);
    }

    private void refuse(Violation violation) {
        boolean tooLarge = violation.kind() == Violation.Kind.HEADERS_TOO_LARGE;
        fail(
                tooLarge ? Cause.RESPONSE_HEADERS_TOO_LARGE : Cause.RESPONSE_MALFORMED,
                Delivery.POSSIBLE,
                violation.text(),
                tooLarge ? Http2Error.CANCEL : Http2Error.PROTOCOL_ERROR);
    }

    private void expired() {
        if (state == State.AWAITING_HEAD && !requestSent && progressed) {
            progressed = false;
            arm(connection.settings().bodyIdleNanos());
            return;
        }
        Cause cause = switch (state) {
            case AWAITING_HEAD -> requestSent ? Cause.FIRST_BYTE_TIMEOUT : Cause.SERVER_WRITE_TIMEOUT;
            case AWAITING_BODY -> Cause.RESPONSE_BODY_TIMEOUT;
            case TUNNEL, CLOSED -> Cause.TUNNEL_IDLE_TIMEOUT;
        };
        fail(cause, Delivery.POSSIBLE, "", Http2Error.CANCEL);
    }

    // ---- the end ----

    /** {@code tell}: what the server is told by a reset; null when it knows. */
    private void fail(Cause cause, Delivery delivery, String detail, @Nullable Http2Error tell) {
        UpstreamListener hears = listener;
        listener = null;
        close(tell);
        if (hears != null) {
            hears.onFailure(cause, delivery, detail);
        }
    }

    private UpstreamListener hearing() {
        UpstreamListener hears = listener;
        if (hears == null) {
            throw new IllegalStateException("a response in state " + state + " that nobody waits for");
        }
        return hears;
    }

    private void close(@Nullable Http2Error tell) {
        if (state == State.CLOSED) {
            return;
        }
        state = State.CLOSED;
        connection.pool().loop().timers().remove(deadline);
        if (head != null) {
            connection.pool().upstreams().giveBack(head);
            head = null;
        }
        if (tell != null && stream != null && !connection.closed()) {
            connection.reset(stream, tell);
        }
        connection.ended();
    }
}
