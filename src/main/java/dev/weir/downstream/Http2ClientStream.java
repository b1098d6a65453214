package dev.weir.downstream;

import dev.weir.http.BodyFraming;
import dev.weir.http.Headers;
import dev.weir.http.ProtocolViolation;
import dev.weir.http.RequestHead;
import dev.weir.http.ResponseHead;
import dev.weir.http.Violation;
import dev.weir.http2.FieldList;
import dev.weir.observe.Cause;
import dev.weir.pool.Server;
import dev.weir.proxy.ClientInfo;
import dev.weir.proxy.ClientStream;
import dev.weir.proxy.Exchange;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One request of an HTTP/2 connection and its response (RFC 9113 section 8). Its two directions end independently; what
 * the other side of the exchange does not take is bounded by the stream's windows. Confined to the connection's loop.
 */
final class Http2ClientStream implements ClientStream {
    private enum State {
        AWAITING_BODY,
        /** The request is complete; its response is not. */
        AWAITING_RESPONSE,
        /** A WebSocket was asked for (RFC 8441); what the client sends already waits. */
        AWAITING_SWITCH,
        TUNNEL,
        /** No exchange any more; what was written for it may still wait for room. */
        OVER,
        /** All of the response is sent; the rest of the request is taken for a while, and dropped. */
        LINGERING
    }

    private final Http2Downstream connection;
    private final Http2Stream stream;
    private final StreamTime time;

    private State state = State.AWAITING_RESPONSE;
    private @Nullable Exchange exchange;
    /** Content-Length, or -1. */
    private long expected = -1;

    private long received;
    private boolean requestEnded;
    private boolean paused;
    /** Received bytes whose room the client has not been given back. */
    private int withheld;

    private boolean touched;
    private @Nullable ByteBuf early;

    /** What its client still sends into the tunnel is dropped. */
    private boolean tunnelEnded;

    private boolean violated;
    private boolean responseEnded;
    private @Nullable ChannelFuture last;

    Http2ClientStream(Http2Downstream connection, Http2Stream stream) {
        this.connection = connection;
        this.stream = stream;
        this.time = new StreamTime(connection, this);
    }

    private Exchange exchange() {
        return Objects.requireNonNull(exchange, "no exchange is under way");
    }

    private ListenerSettings settings() {
        return connection.settings();
    }

    // ---- the request ----

    /** The request's head; {@code ended} when that is all of it. */
    void begin(FieldList block, boolean ended) {
        Exchange opened = connection.worker().open(this);
        exchange = opened;
        requestEnded = ended;
        RequestHead request = opened.request();
        try {
            connection.incoming().request(block, ended, request, settings().headLimits());
        } catch (ProtocolViolation violation) {
            refuse(violation.violation());
            return;
        }
        expected = request.contentLength();
        if (!ended && !await(request)) {
            return;
        }
        opened.begin();
    }

    /** Prepares for what comes behind the head; false when the request was refused for it. */
    private boolean await(RequestHead request) {
        if (request.upgrade()) {
            state = State.AWAITING_SWITCH;
        } else if (expected != 0) {
            state = State.AWAITING_BODY;
            time.arm(settings().bodyIdleNanos());
        }
        if (expected > settings().bodyBytes()) {
            exchange().refuse(Cause.REQUEST_BODY_TOO_LARGE, "");
            return false;
        }
        return true;
    }

    /**
     * Content, or bytes of a tunnel.
     *
     * @param length of the whole frame, padding included
     * @return how much of that has been taken; the rest is given back later
     */
    int data(ByteBuf in, int length, boolean ended) {
        requestEnded = ended;
        switch (state) {
            case AWAITING_BODY -> content(in, ended);
            case AWAITING_RESPONSE -> {
                if (in.isReadable()) {
                    refuse(Violation.LENGTH_MISMATCH);
                }
            }
            case AWAITING_SWITCH -> {
                hold(in);
                withheld += length;
                return 0;
            }
            case TUNNEL -> {
                if (tunnelEnded) {
                    return length;
                }
                time.arm(settings().tunnelIdleNanos());
                pass(in);
                if (ended) {
                    exchange().requestEnd(Headers.EMPTY);
                }
            }
            case OVER, LINGERING -> {
                return length;
            }
        }
        if (!paused || state == State.OVER) {
            return length;
        }
        withheld += length;
        return 0;
    }

    private void content(ByteBuf in, boolean ended) {
        received += in.readableBytes();
        if (expected >= 0 && (received > expected || (ended && received < expected))) {
            refuse(Violation.LENGTH_MISMATCH);
            return;
        }
        if (received > settings().bodyBytes()) {
            giveUp(Cause.REQUEST_BODY_TOO_LARGE);
            return;
        }
        if (!paused) {
            time.arm(settings().bodyIdleNanos());
        }
        pass(in);
        if (ended && state == State.AWAITING_BODY) {
            complete(Headers.EMPTY);
        }
    }

    private void pass(ByteBuf in) {
        if (!in.isReadable()) {
            return;
        }
        if (!touched) {
            touched = true;
            connection.streams().touched(this);
        }
        exchange().requestData(in, in.readableBytes());
    }

    /** What came in one read has been handed over. */
    void readComplete() {
        touched = false;
        if (exchange != null) {
            exchange.requestReadComplete();
        }
    }

    /** Whether the client has ended its direction. */
    boolean requestEnded() {
        return requestEnded;
    }

    /** A second header block, with which the codec has made sure that the request ends. */
    void trailers(FieldList block) {
        requestEnded = true;
        if (state != State.AWAITING_BODY) {
            return;
        }
        if (expected >= 0 && received < expected) {
            refuse(Violation.LENGTH_MISMATCH);
            return;
        }
        try {
            complete(connection.incoming().trailers(block, settings().headLimits()));
        } catch (ProtocolViolation violation) {
            refuse(violation.violation());
        }
    }

    private void complete(Headers trailers) {
        state = State.AWAITING_RESPONSE;
        paused = false;
        time.disarm();
        exchange().requestEnd(trailers);
    }

    private void hold(ByteBuf in) {
        if (early == null) {
            early = in.alloc().buffer(in.readableBytes());
        }
        early.writeBytes(in);
    }

    @Override
    public void reading(boolean on) {
        boolean flowing = state == State.AWAITING_BODY || state == State.TUNNEL;
        if (paused == !on || !flowing) {
            return;
        }
        paused = !on;
        if (state == State.AWAITING_BODY) {
            if (on) {
                time.arm(settings().bodyIdleNanos());
            } else {
                // The server is slow, not the client: its own deadline runs on the other side.
                time.disarm();
            }
        }
        if (on) {
            giveBack();
        }
    }

    private void giveBack() {
        int bytes = withheld;
        withheld = 0;
        if (bytes > 0) {
            connection.output().consumed(stream, bytes);
        }
    }

    // ---- what the client does wrong ----

    /** RFC 9113 section 8.1.1: the stream is in error; the answer before its reset is for the person behind it. */
    private void refuse(Violation violation) {
        Cause cause = Refusal.cause(violation);
        violated = violation.kind() == Violation.Kind.MALFORMED;
        if (exchange().responding()) {
            Exchange failed = over();
            connection.streamError(stream.id(), Http2Error.PROTOCOL_ERROR, true);
            failed.clientFailed(cause);
        } else {
            exchange().refuse(cause, violation.text());
        }
    }

    /** Ends the exchange for something that the client did, with an answer if none has begun. */
    private void giveUp(Cause cause) {
        if (exchange().responding()) {
            fail(cause);
        } else {
            exchange().refuse(cause, "");
        }
    }

    private void fail(Cause cause) {
        Exchange failed = over();
        connection.output().reset(stream.id(), Http2Error.CANCEL);
        failed.clientFailed(cause);
    }

    /** Weir stops and waits no longer for this request. */
    void cut() {
        if (exchange != null) {
            fail(Cause.STOPPING);
        } else {
            connection.output().reset(stream.id(), Http2Error.CANCEL);
        }
    }

    /** Nothing more is to come from this server. */
    void cutFrom(Server gone) {
        if (exchange != null && exchange.leave(gone)) {
            fail(Cause.SERVER_DOWN);
        }
    }

    private Exchange over() {
        Exchange ended = exchange();
        exchange = null;
        state = State.OVER;
        return ended;
    }

    // ---- the response ----

    @Override
    public ClientInfo client() {
        return connection.client();
    }

    @Override
    public void sendInterim(ResponseHead head) {
        connection.output().responses().interim(stream, head);
        flush();
    }

    @Override
    public void sendHead(ResponseHead head, BodyFraming framing, boolean keepOpen) {
        boolean empty = framing == BodyFraming.NONE || (framing == BodyFraming.LENGTH && head.contentLength() == 0);
        responseEnded = empty && !violated;
        ChannelFuture written = connection.output().responses().head(stream, head, responseEnded);
        last = responseEnded ? written : null;
    }

    @Override
    public void sendData(ByteBuf in, int length) {
        if (length == 0) {
            return;
        }
        connection.output().responses().data(stream, in, length);
        if (state == State.TUNNEL) {
            time.arm(settings().tunnelIdleNanos());
        } else {
            watchProgress();
        }
    }

    @Override
    public void sendEnd(Headers trailers) {
        if (violated) {
            return;
        }
        if (!responseEnded) {
            responseEnded = true;
            last = connection.output().responses().end(stream, trailers);
        }
        flush();
    }

    @Override
    public void startTunnel(ResponseHead head) {
        connection.output().responses().tunnel(stream, head);
        state = State.TUNNEL;
        time.arm(settings().tunnelIdleNanos());
        flush();
        ByteBuf held = early;
        if (held != null) {
            early = null;
            pass(held);
            held.release();
            readComplete();
        }
        if (!paused) {
            giveBack();
        }
        if (requestEnded && exchange != null) {
            exchange.requestEnd(Headers.EMPTY);
        }
    }

    @Override
    public void flush() {
        if (writable() || ended()) {
            connection.output().flush();
        } else {
            connection.output().flushNow();
        }
    }

    @Override
    public boolean writable() {
        return connection.output().writable(stream);
    }

    @Override
    public int room() {
        return connection.output().room(stream);
    }

    void writabilityChanged() {
        if (state == State.LINGERING) {
            return;
        }
        if (writable()) {
            if (state != State.TUNNEL && (state != State.AWAITING_BODY || paused)) {
                time.disarm();
            }
            if (exchange != null) {
                exchange.clientWritable();
            }
        } else {
            watchProgress();
        }
    }

    /** So much content has been framed and leaves. */
    void sent(int bytes) {
        time.sent(bytes);
    }

    /** A client that makes no room for what waits here has a time to do so. */
    private void watchProgress() {
        boolean watched = time.armed() && state != State.AWAITING_BODY;
        if (!watched && state != State.TUNNEL && !ended() && !writable()) {
            time.awaitRoom(settings().bodyIdleNanos());
        }
    }

    // ---- the end ----

    @Override
    public void done() {
        exchange = null;
        state = State.OVER;
        if (violated) {
            connection.output().flushNow();
            connection.streamError(stream.id(), Http2Error.PROTOCOL_ERROR, true);
            return;
        }
        giveBack();
        if (!requestEnded && last != null) {
            connection.output().flush();
            last.addListener(written -> connection.later(this::linger));
        }
    }

    /**
     * The response is complete, and the rest of the request is not wanted (RFC 9113 section 8.1). A client that is told so
     * at once may take that for an error and drop the response, so it has some time to end by itself.
     */
    private void linger() {
        if (!ended()) {
            state = State.LINGERING;
            time.arm(settings().lingerNanos());
        }
    }

    private boolean ended() {
        return stream.state() == Http2Stream.State.CLOSED;
    }

    @Override
    public void abort() {
        over();
        connection.output().reset(stream.id(), Http2Error.INTERNAL_ERROR);
    }

    /** The client's time is over. */
    void expired() {
        boolean stalled = !writable() || state == State.OVER;
        if (stalled && time.progressed(settings().bodyIdleNanos())) {
            return;
        }
        switch (state) {
            case AWAITING_BODY -> {
                if (stalled) {
                    fail(Cause.CLIENT_WRITE_TIMEOUT);
                } else {
                    giveUp(Cause.REQUEST_BODY_TIMEOUT);
                }
            }
            case AWAITING_RESPONSE, AWAITING_SWITCH -> fail(Cause.CLIENT_WRITE_TIMEOUT);
            case TUNNEL -> fail(Cause.TUNNEL_IDLE_TIMEOUT);
            case OVER -> {
                connection.worker().meters().cause(Cause.CLIENT_WRITE_TIMEOUT);
                connection.output().reset(stream.id(), Http2Error.CANCEL);
            }
            case LINGERING -> connection.output().reset(stream.id(), Http2Error.NO_ERROR);
        }
    }

    boolean inTunnel() {
        return state == State.TUNNEL;
    }

    /** Ends a tunnel as if its client had: the server learns of it first. */
    void endTunnel() {
        if (state == State.TUNNEL && !requestEnded && !tunnelEnded) {
            tunnelEnded = true;
            exchange().requestEnd(Headers.EMPTY);
        }
    }

    /** The client has reset the stream. */
    void calledOff() {
        failed(Cause.CLIENT_ABORTED);
    }

    /** The client broke a rule of the stream; the connection resets it. */
    void violated() {
        failed(Cause.REQUEST_MALFORMED);
    }

    /** Nothing can be sent any more, or nothing needs to be. */
    void failed(Cause cause) {
        if (exchange != null) {
            over().clientFailed(cause);
        }
    }

    /** The codec has closed the stream: both directions have ended, or it was reset. */
    void closed() {
        time.remove();
        if (early != null) {
            early.release();
            early = null;
        }
        if (!responseEnded) {
            failed(Cause.CLIENT_ABORTED);
        }
    }
}
