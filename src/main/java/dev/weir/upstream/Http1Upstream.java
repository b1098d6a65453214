package dev.weir.upstream;

import dev.weir.http.BodyFraming;
import dev.weir.http.BodyReader;
import dev.weir.http.ByteSink;
import dev.weir.http.Headers;
import dev.weir.http.Method;
import dev.weir.http.ProtocolViolation;
import dev.weir.http.RequestHead;
import dev.weir.http.ResponseHead;
import dev.weir.http.Violation;
import dev.weir.loop.Deadline;
import dev.weir.loop.ReadBuffers;
import dev.weir.observe.Cause;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.RecvByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/1.1 connection to a server, and the request that is on it. Requests are not pipelined: a connection carries
 * one exchange at a time, and is kept for the next one only when both its messages ended as their framing says and
 * nothing came behind them. Confined to its loop.
 */
final class Http1Upstream extends ChannelInboundHandlerAdapter implements UpstreamStream {
    private enum State {
        /** Nothing is under way: any byte that comes now is unsolicited. */
        IDLE,
        /** The request is on its way, no complete final head came yet. */
        AWAITING_HEAD,
        AWAITING_BODY,
        /** Closed, or a tunnel's now. */
        CLOSED
    }

    // Neighbours in the list of idle connections, kept by UpstreamPool.
    @Nullable Http1Upstream younger;

    @Nullable Http1Upstream older;

    private final UpstreamPool pool;
    /** Whom alone this connection serves; null for everyone. */
    private final @Nullable ClientEndpoints client;

    private final Channel channel;
    private final Http1Sender sender;
    private final ServerEnd end;
    private final AnswerHead answer;
    private final BodyReader body = new BodyReader();
    private final Deadline deadline = new Deadline(this::expired);

    private State state = State.AWAITING_HEAD;
    private @Nullable UpstreamListener listener;
    private boolean reused;
    private long connectNanos;
    private long idleSince;
    /** How long this connection had been idle when the request under way took it. */
    private long idleBefore;

    // The request under way.
    private boolean requestSent;
    private boolean upgradeAsked;

    /** Takes over a channel on which nothing was said yet, for the listener's request. */
    Http1Upstream(
            UpstreamPool pool,
            @Nullable ClientEndpoints client,
            Channel channel,
            long connectNanos,
            UpstreamListener listener) {
        this.pool = pool;
        this.client = client;
        this.channel = channel;
        this.sender = new Http1Sender(pool, channel);
        this.end = new ServerEnd(pool, sender);
        this.answer = new AnswerHead(pool);
        this.connectNanos = connectNanos;
        this.listener = listener;
    }

    // ---- reuse ----

    void reuse(UpstreamListener next) {
        assert state == State.IDLE && listener == null;
        listener = next;
        state = State.AWAITING_HEAD;
        reused = true;
        connectNanos = -1;
        idleBefore = pool.loop().now() - idleSince;
        deadline.disarm();
    }

    long idleSince() {
        return idleSince;
    }

    @Nullable ClientEndpoints client() {
        return client;
    }

    /** Closes a connection that the pool has let go. */
    void closeIdle() {
        close();
    }

    // ---- the request ----

    @Override
    public boolean reused() {
        return reused;
    }

    @Override
    public boolean exclusive() {
        return true;
    }

    @Override
    public long connectNanos() {
        return connectNanos;
    }

    @Override
    public void sendHead(RequestHead request, long dropMask, ByteSink added) {
        upgradeAsked = request.upgrade();
        requestSent = false;
        if (channel.config().getRecvByteBufAllocator() instanceof ReadBuffers.Adjustable adjustable) {
            adjustable.first();
        }
        answer.await(request.method() == Method.HEAD);
        sender.head(request, dropMask, added);
    }

    @Override
    public void sendData(ByteBuf in, int length) {
        if (state == State.CLOSED) {
            in.skipBytes(length);
            return;
        }
        sender.content(in, length);
        if (!channel.isWritable() && !requestSent && !deadline.armed()) {
            sender.progressed();
            arm(pool.settings().bodyIdleNanos());
        }
    }

    @Override
    public void sendEnd(Headers trailers) {
        if (state == State.CLOSED) {
            return;
        }
        requestSent = true;
        sender.end(trailers);
        if (state == State.AWAITING_HEAD) {
            arm(pool.settings().firstByteNanos());
        }
        flush();
    }

    @Override
    public void flush() {
        if (state != State.CLOSED) {
            sender.flush();
        }
    }

    @Override
    public boolean writable() {
        return channel.isWritable();
    }

    @Override
    public void reading(boolean on) {
        if (channel.config().isAutoRead() == on) {
            return;
        }
        channel.config().setAutoRead(on);
        if (!on) {
            // The client is slow, not the server: its own deadline runs on the other side.
            deadline.disarm();
        } else if (state == State.AWAITING_BODY) {
            arm(pool.settings().bodyIdleNanos());
        }
    }

    @Override
    public void readingLess(boolean on) {
        RecvByteBufAllocator reads = channel.config().getRecvByteBufAllocator();
        if (reads instanceof ReadBuffers.Adjustable adjustable) {
            adjustable.less(on);
        }
    }

    @Override
    public void cancel() {
        listener = null;
        close();
    }

    @Override
    public void discard() {
        if (answer.soonOver() && requestSent) {
            listener = Discarding.INSTANCE;
        } else {
            cancel();
        }
    }

    private void arm(long nanos) {
        pool.loop().timers().arm(deadline, pool.loop().now(), nanos);
    }

    // ---- the response ----

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        pool.loop().enter();
        try {
            pool.meters().bytesReceived.add(in.readableBytes());
            receive(in);
        } catch (ProtocolViolation violation) {
            refuse(violation.violation());
        } finally {
            pool.loop().leave();
            in.release();
        }
    }

    private void receive(ByteBuf in) {
        while (in.isReadable()) {
            switch (state) {
                case AWAITING_HEAD -> {
                    ResponseHead response = answer.read(in);
                    if (response == null) {
                        return;
                    }
                    head(response, in);
                }
                case AWAITING_BODY -> {
                    if (!content(in)) {
                        return;
                    }
                }
                case IDLE -> {
                    // Unsolicited: whatever it is, it must not become the answer to the next request.
                    closeUnused();
                    return;
                }
                case CLOSED -> {
                    return;
                }
            }
        }
    }

    private void head(ResponseHead response, ByteBuf in) {
        int status = response.status();
        if (status == 101) {
            switchProtocols(response, in);
            return;
        }
        UpstreamListener hears = hearing();
        if (status < 200) {
            if (answer.tooManyInterims()) {
                fail(Cause.RESPONSE_MALFORMED, Delivery.POSSIBLE, "too many interim responses");
                return;
            }
            hears.onInterim(response);
            response.reset();
            return;
        }
        int announced = response.keepAliveTimeoutSeconds();
        if (announced >= 0) {
            pool.lifetime().announced(announced);
        }
        BodyFraming framing = answer.framing(response);
        body.start(framing, response.contentLength(), pool.settings().headLimits());
        state = State.AWAITING_BODY;
        hears.onHead(response, framing);
        if (state != State.AWAITING_BODY) {
            return;
        }
        if (body.complete()) {
            finish(in);
        } else {
            arm(pool.settings().bodyIdleNanos());
        }
    }

    private void switchProtocols(ResponseHead response, ByteBuf in) {
        if (!upgradeAsked) {
            fail(Cause.UPGRADE_FAILED, Delivery.POSSIBLE, "");
            return;
        }
        UpstreamListener hears = hearing();
        Http1Tunnel tunnel = new Http1Tunnel(pool, channel, sender, this, response);
        answer.take();
        channel.pipeline().replace(this, null, tunnel);
        state = State.CLOSED;
        listener = null;
        pool.loop().timers().remove(deadline);
        tunnel.begin(hears);
        tunnel.received(in);
    }

    /** Hands on what there is of the body; false when the message is over or more has to come. */
    private boolean content(ByteBuf in) {
        int length = body.next(in);
        if (length > 0) {
            // More may lie in the buffer than the client took: while it is held back no time runs against the server.
            if (channel.config().isAutoRead()) {
                arm(pool.settings().bodyIdleNanos());
            }
            hearing().onData(in, length);
        }
        if (state == State.AWAITING_BODY && body.complete()) {
            finish(in);
            return false;
        }
        return length > 0;
    }

    private void finish(ByteBuf in) {
        UpstreamListener hears = hearing();
        ResponseHead response = answer.take();
        boolean reusable = requestSent && !in.isReadable() && response != null && response.keepAlive();
        listener = null;
        if (!(reusable && release())) {
            close();
        }
        hears.onEnd(body.trailers());
        if (response != null) {
            pool.upstreams().giveBack(response);
        }
    }

    private boolean release() {
        if (!channel.config().isAutoRead()) {
            channel.config().setAutoRead(true);
        }
        long now = pool.loop().now();
        state = State.IDLE;
        idleSince = now;
        if (!pool.keep(this)) {
            return false;
        }
        pool.loop().timers().arm(deadline, now, pool.keepNanos());
        return true;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (listener != null) {
            listener.onReadComplete();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (channel.isWritable() && listener != null) {
            if (state == State.AWAITING_HEAD && !requestSent) {
                deadline.disarm();
            }
            listener.onWritable();
        }
    }

    // ---- endings ----

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (end.isToldBy(event)) {
            serverEnded();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        serverEnded();
    }

    /** The server will send no more; whatever came before has been handed on. */
    private void serverEnded() {
        switch (state) {
            case CLOSED -> {}
            case IDLE -> {
                long now = pool.loop().now();
                pool.lifetime().closedAfter(now - idleSince, now);
                closeUnused();
            }
            case AWAITING_HEAD -> endedBeforeHead();
            case AWAITING_BODY -> endedInBody();
        }
    }

    private void endedBeforeHead() {
        boolean begun = answer.begun();
        Delivery delivery = reused && !begun ? sender.delivery() : Delivery.POSSIBLE;
        if (reused && !begun) {
            pool.lifetime().closedAfter(idleBefore, pool.loop().now());
        }
        fail(begun ? Cause.RESPONSE_INCOMPLETE : Cause.SERVER_CLOSED, delivery, "");
    }

    private void endedInBody() {
        if (end.cut() || body.cutShort()) {
            fail(Cause.RESPONSE_INCOMPLETE, Delivery.POSSIBLE, "");
            return;
        }
        body.end();
        UpstreamListener hears = hearing();
        listener = null;
        close();
        hears.onEnd(body.trailers());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
        ConnectionFailure broken = end.failure(failure);
        if (broken == null) {
            return;
        }
        if (state == State.IDLE) {
            closeUnused();
        } else {
            fail(broken.cause(), Delivery.POSSIBLE, broken.detail());
        }
    }

    private void refuse(Violation violation) {
        Cause cause = violation.kind() == Violation.Kind.HEADERS_TOO_LARGE
                ? Cause.RESPONSE_HEADERS_TOO_LARGE
                : state == State.AWAITING_BODY ? Cause.RESPONSE_INCOMPLETE : Cause.RESPONSE_MALFORMED;
        fail(cause, Delivery.POSSIBLE, violation.text());
    }

    private void expired() {
        if (state == State.AWAITING_HEAD && !requestSent && sender.progressed()) {
            arm(pool.settings().bodyIdleNanos());
            return;
        }
        switch (state) {
            case IDLE -> closeUnused();
            case AWAITING_HEAD ->
                fail(requestSent ? Cause.FIRST_BYTE_TIMEOUT : Cause.SERVER_WRITE_TIMEOUT, Delivery.POSSIBLE, "");
            case AWAITING_BODY -> fail(Cause.RESPONSE_BODY_TIMEOUT, Delivery.POSSIBLE, "");
            case CLOSED -> {}
        }
    }

    private void fail(Cause cause, Delivery delivery, String detail) {
        UpstreamListener hears = listener;
        listener = null;
        close();
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

    /** Closes a connection that lies in the pool. */
    private void closeUnused() {
        if (state == State.IDLE) {
            pool.remove(this);
        }
        close();
    }

    private void close() {
        if (state == State.CLOSED) {
            return;
        }
        pool.closed();
        state = State.CLOSED;
        pool.loop().timers().remove(deadline);
        answer.close();
        sender.discard();
        channel.close();
    }
}
