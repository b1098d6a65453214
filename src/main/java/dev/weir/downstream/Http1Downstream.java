package dev.weir.downstream;

import dev.weir.http.BodyFraming;
import dev.weir.http.BodyReader;
import dev.weir.http.ByteSink;
import dev.weir.http.Headers;
import dev.weir.http.ProtocolViolation;
import dev.weir.http.RequestHead;
import dev.weir.http.ResponseHead;
import dev.weir.http.Violation;
import dev.weir.loop.Deadline;
import dev.weir.loop.Outgoing;
import dev.weir.loop.ReadBuffers;
import dev.weir.observe.Cause;
import dev.weir.proxy.ClientInfo;
import dev.weir.proxy.ClientStream;
import dev.weir.proxy.Exchange;
import dev.weir.proxy.Worker;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One HTTP/1 connection from a client: heads in, one exchange after the other, responses out in order. What a client
 * sends ahead of its turn is held, bounded. Confined to its loop.
 */
final class Http1Downstream extends ChannelInboundHandlerAdapter implements ClientStream {
    private static final Logger LOG = LoggerFactory.getLogger(Http1Downstream.class);

    private enum State {
        /** Between requests. */
        IDLE,
        AWAITING_HEAD,
        AWAITING_BODY,
        /** The request is complete; its response is not. */
        AWAITING_RESPONSE,
        TUNNEL,
        /** The last response is written; what still comes is read and dropped, so that no reset destroys it. */
        LINGERING,
        CLOSED
    }

    private final Connections connections;
    private final ListenerSettings settings;
    private final ClientInfo client;
    private final Runnable onClose;
    private final Channel channel;
    private final Outgoing out;
    private final BodyReader body = new BodyReader();
    private final Deadline deadline = new Deadline(this::expired);

    private State state = State.IDLE;
    private @Nullable Exchange exchange;
    /** What came behind the request under way. */
    private @Nullable ByteBuf ahead;
    /** In {@link #receive}: what a response that ends there leads to is left to its loop. */
    private boolean receiving;

    private boolean keepAlive;
    private boolean oldClient;
    private boolean inputEnded;
    /** Reading or writing failed: the client did not just end its sending side. */
    private boolean broken;

    /** All that the client will ever be sent has been handed to the system. */
    private boolean outputEnded;

    private boolean bodyPaused;
    private BodyFraming responseFraming = BodyFraming.NONE;

    Http1Downstream(
            Connections connections, ListenerSettings settings, ClientInfo client, Channel channel, Runnable onClose) {
        this.connections = connections;
        this.settings = settings;
        this.client = client;
        this.onClose = onClose;
        this.channel = channel;
        this.out = new Outgoing(connections.worker().loop(), channel);
    }

    private Worker worker() {
        return connections.worker();
    }

    private Exchange exchange() {
        return Objects.requireNonNull(exchange, "no exchange is under way");
    }

    private void arm(long nanos) {
        worker().loop().timers().arm(deadline, worker().loop().now(), nanos);
    }

    // ---- the request ----

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        connections.opened(this);
        // A client that connects and says nothing is held to the same time as one that says half of a head.
        arm(settings.requestHeadNanos());
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        worker().loop().enter();
        try {
            worker().meters().bytesReceived.add(in.readableBytes());
            if (ahead == null) {
                receive(in);
            }
            if (in.isReadable() && inputWaits()) {
                hold(in);
            }
        } finally {
            worker().loop().leave();
            in.release();
        }
    }

    private void receive(ByteBuf in) {
        receiving = true;
        try {
            while (in.isReadable() && take(in)) {
                // Each turn takes a head, a piece of content, or all there is.
            }
        } catch (ProtocolViolation violation) {
            refuse(violation.violation());
        } finally {
            receiving = false;
        }
        if (state == State.IDLE && !deadline.armed()) {
            arm(settings.keepAliveNanos());
        }
    }

    /** Takes the next part of the input; false when there is nothing more to be done with it now. */
    private boolean take(ByteBuf in) {
        return switch (state) {
            case IDLE -> channel.isWritable() && head(in);
            case AWAITING_HEAD -> head(in);
            case AWAITING_BODY -> content(in);
            case AWAITING_RESPONSE -> false;
            case TUNNEL -> {
                arm(settings.tunnelIdleNanos());
                exchange().requestData(in, in.readableBytes());
                yield true;
            }
            case LINGERING, CLOSED -> {
                in.skipBytes(in.readableBytes());
                yield false;
            }
        };
    }

    private boolean head(ByteBuf in) {
        Exchange opened = exchange;
        if (opened == null) {
            opened = worker().open(this);
            exchange = opened;
        }
        RequestHead request = opened.request();
        if (!request.read(in, settings.headLimits())) {
            if (state == State.IDLE && request.started()) {
                state = State.AWAITING_HEAD;
                arm(settings.requestHeadNanos());
            }
            return false;
        }
        oldClient = request.minorVersion() == 0;
        keepAlive = request.keepAlive();
        BodyFraming framing = request.framing();
        body.start(framing, request.contentLength(), settings.headLimits());
        if (body.complete()) {
            awaitResponse();
        } else {
            state = State.AWAITING_BODY;
            arm(settings.bodyIdleNanos());
            if (request.contentLength() > settings.bodyBytes()) {
                opened.refuse(Cause.REQUEST_BODY_TOO_LARGE, "");
                return true;
            }
        }
        opened.begin();
        return true;
    }

    private boolean content(ByteBuf in) {
        int length = body.next(in);
        if (length > 0) {
            if (body.received() > settings.bodyBytes()) {
                giveUp(Cause.REQUEST_BODY_TOO_LARGE);
                return true;
            }
            // More may lie in the buffer than the server took: while it is slow no time runs against the client.
            if (!bodyPaused) {
                arm(settings.bodyIdleNanos());
            }
            exchange().requestData(in, length);
        }
        if (state == State.AWAITING_BODY && body.complete()) {
            awaitResponse();
            bodyPaused = false;
            exchange().requestEnd(body.trailers());
            updateReading();
            return true;
        }
        return length > 0;
    }

    private void awaitResponse() {
        state = State.AWAITING_RESPONSE;
        if (inputEnded) {
            arm(settings.halfClosedNanos());
        } else {
            deadline.disarm();
        }
    }

    /**
     * Keeps what comes ahead of its turn, and stops reading when it is too much. Its turn is when the response before it
     * has been taken by the client, but for a bounded rest: who only sends does not fill the memory with responses.
     */
    private void hold(ByteBuf in) {
        ByteBuf held = ahead;
        if (held == null) {
            held = channel.alloc().buffer(in.readableBytes());
            ahead = held;
        }
        held.writeBytes(in);
        updateReading();
    }

    /** Whether what the client sends now has to wait for its turn. */
    private boolean inputWaits() {
        return state == State.IDLE || state == State.AWAITING_RESPONSE;
    }

    private void refuse(Violation violation) {
        Cause cause = switch (violation.kind()) {
            case MALFORMED -> Cause.REQUEST_MALFORMED;
            case LINE_TOO_LONG -> Cause.REQUEST_LINE_TOO_LONG;
            case HEADERS_TOO_LARGE -> Cause.REQUEST_HEADERS_TOO_LARGE;
            case VERSION -> Cause.REQUEST_VERSION_UNSUPPORTED;
            case CODING -> Cause.REQUEST_CODING_UNSUPPORTED;
        };
        keepAlive = false;
        if (exchange().responding()) {
            fail(cause);
        } else {
            exchange().refuse(cause, violation.text());
        }
    }

    /** Ends the exchange for something that the client did, with an answer if none has begun. */
    private void giveUp(Cause cause) {
        keepAlive = false;
        if (exchange().responding()) {
            fail(cause);
        } else {
            exchange().refuse(cause, "");
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        requestReadComplete();
    }

    private void requestReadComplete() {
        if (exchange != null && state != State.IDLE && state != State.AWAITING_HEAD) {
            exchange.requestReadComplete();
        }
    }

    @Override
    public void reading(boolean on) {
        boolean flowing = state == State.AWAITING_BODY || state == State.TUNNEL;
        if (bodyPaused == !on || !flowing) {
            return;
        }
        bodyPaused = !on;
        if (state == State.AWAITING_BODY) {
            if (on) {
                arm(settings.bodyIdleNanos());
            } else {
                // The server is slow, not the client: its own deadline runs on the other side.
                deadline.disarm();
            }
        }
        updateReading();
    }

    private void updateReading() {
        boolean wanted = !bodyPaused && (ahead == null || ahead.readableBytes() < settings.pipelineBytes());
        if (channel.config().isAutoRead() != wanted) {
            channel.config().setAutoRead(wanted);
        }
    }

    // ---- the response ----

    @Override
    public ClientInfo client() {
        return client;
    }

    @Override
    public void sendInterim(ResponseHead head) {
        if (oldClient) {
            return;
        }
        ByteSink sink = connections.sink();
        ResponseLines.writeInterim(head, sink);
        write(sink);
        flush();
    }

    @Override
    public void sendHead(ResponseHead head, BodyFraming framing, boolean keepOpen) {
        boolean unknownLength = framing == BodyFraming.CHUNKED || framing == BodyFraming.UNTIL_CLOSE;
        responseFraming = unknownLength ? (oldClient ? BodyFraming.UNTIL_CLOSE : BodyFraming.CHUNKED) : framing;
        keepAlive = keepAlive && keepOpen && !worker().isStopping() && responseFraming != BodyFraming.UNTIL_CLOSE;
        ResponseLines.Persistence persistence = !keepAlive
                ? ResponseLines.Persistence.CLOSE
                : oldClient ? ResponseLines.Persistence.SAY_KEEP_ALIVE : ResponseLines.Persistence.OPEN;
        ByteSink sink = connections.sink();
        boolean via = settings.forwarding().via();
        ResponseLines.write(head, responseFraming, persistence, worker().date(), via, sink);
        write(sink);
    }

    @Override
    public void sendData(ByteBuf in, int length) {
        if (responseFraming == BodyFraming.CHUNKED) {
            ByteSink sink = connections.sink();
            sink.clear();
            write(sink.putHex(length).put(ResponseLines.CRLF));
            pass(in, length);
            write(ResponseLines.CRLF, ResponseLines.CRLF.length);
        } else {
            pass(in, length);
        }
    }

    private void pass(ByteBuf in, int length) {
        worker().meters().bytesSent.add(length);
        out.write(in, length);
        if (state == State.TUNNEL) {
            arm(settings.tunnelIdleNanos());
        } else if (inputEnded && channel.isWritable()) {
            arm(settings.halfClosedNanos());
        }
    }

    private void write(ByteSink sink) {
        write(sink.array(), sink.length());
    }

    private void write(byte[] bytes, int length) {
        worker().meters().bytesSent.add(length);
        out.write(bytes, 0, length);
    }

    @Override
    public void sendEnd(Headers trailers) {
        if (state == State.TUNNEL) {
            flush();
            channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener((ChannelFutureListener) written -> {
                if (written.isSuccess() && state == State.TUNNEL) {
                    outputEnded = true;
                    ((DuplexChannel) channel).shutdownOutput();
                }
            });
            return;
        }
        if (responseFraming == BodyFraming.CHUNKED) {
            ByteSink sink = connections.sink();
            ResponseLines.writeLastChunk(trailers, sink);
            write(sink);
        }
        flush();
    }

    @Override
    public void startTunnel(ResponseHead head) {
        ByteSink sink = connections.sink();
        ResponseLines.writeTunnel(head, settings.forwarding().via(), sink);
        write(sink);
        flush();
        state = State.TUNNEL;
        responseFraming = BodyFraming.UNTIL_CLOSE;
        keepAlive = false;
        arm(settings.tunnelIdleNanos());
        takeHeld();
        if (inputEnded && state == State.TUNNEL) {
            exchange().requestEnd(Headers.EMPTY);
        }
    }

    @Override
    public void flush() {
        out.flush();
    }

    @Override
    public boolean writable() {
        return channel.isWritable();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (state == State.IDLE && !receiving && channel.isWritable()) {
            next();
            return;
        }
        if (exchange == null || state == State.AWAITING_HEAD || state == State.IDLE) {
            return;
        }
        boolean waitsForServer = state == State.AWAITING_RESPONSE || (state == State.AWAITING_BODY && bodyPaused);
        if (channel.isWritable()) {
            if (waitsForServer && inputEnded) {
                arm(settings.halfClosedNanos());
            } else if (waitsForServer) {
                deadline.disarm();
            }
            exchange.clientWritable();
        } else if (state != State.TUNNEL) {
            out.progressed();
            arm(settings.bodyIdleNanos());
        }
    }

    // ---- the end of an exchange ----

    @Override
    public void done() {
        exchange = null;
        if (state == State.CLOSED) {
            return;
        }
        if (state == State.TUNNEL || !keepAlive || worker().isStopping() || state != State.AWAITING_RESPONSE) {
            end();
            return;
        }
        state = State.IDLE;
        if (!receiving) {
            next();
        }
    }

    /** Between two requests: goes on with what is here of the next, or waits for it. */
    private void next() {
        takeHeld();
        if (inputEnded && ahead == null) {
            inputOver();
        } else if (state == State.IDLE) {
            arm(settings.keepAliveNanos());
        }
    }

    /** Goes on with what came ahead of its turn. */
    private void takeHeld() {
        ByteBuf held = ahead;
        if (held == null) {
            return;
        }
        ahead = null;
        receive(held);
        requestReadComplete();
        if (held.isReadable() && inputWaits()) {
            ahead = held;
        } else {
            held.release();
        }
        updateReading();
    }

    @Override
    public void abort() {
        exchange = null;
        close();
    }

    /** After the last response: closes once it is written, and not before the client had a chance to read it. */
    private void end() {
        boolean allRead = (state == State.AWAITING_RESPONSE && ahead == null) || state == State.TUNNEL;
        state = State.LINGERING;
        bodyPaused = false;
        releaseAhead();
        arm(settings.bodyIdleNanos());
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener((ChannelFutureListener) written -> {
            outputEnded |= written.isSuccess();
            if (allRead || inputEnded || !written.isSuccess()) {
                close();
            } else if (state == State.LINGERING) {
                arm(settings.halfClosedNanos());
                ((DuplexChannel) channel).shutdownOutput();
                updateReading();
            }
        });
    }

    // ---- the end of the connection ----

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event != ChannelInputShutdownEvent.INSTANCE) {
            return;
        }
        inputEnded = true;
        if (broken) {
            fail(Cause.CLIENT_ABORTED);
        } else if (ahead == null) {
            inputOver();
        } else if (state == State.AWAITING_RESPONSE) {
            arm(settings.halfClosedNanos());
        }
    }

    /** The client sends no more, and all that it sent has been taken. */
    private void inputOver() {
        switch (state) {
            case IDLE -> end();
            case LINGERING -> {
                if (outputEnded) {
                    close();
                }
            }
            case AWAITING_HEAD, AWAITING_BODY -> fail(Cause.CLIENT_ABORTED);
            case AWAITING_RESPONSE -> arm(settings.halfClosedNanos());
            case TUNNEL -> exchange().requestEnd(Headers.EMPTY);
            case CLOSED -> {}
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        fail(Cause.CLIENT_ABORTED);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
        if (failure instanceof ReadBuffers.ReadPaused) {
            return;
        }
        if (failure instanceof IOException) {
            // Perhaps in the middle of a write, and whoever writes expects the exchange to be there afterwards.
            broken = true;
            worker().loop().executor().execute(() -> fail(Cause.CLIENT_ABORTED));
            return;
        }
        LOG.error("listener {}: unexpected failure of a connection; please report this", settings.name(), failure);
        fail(Cause.INTERNAL);
    }

    private void expired() {
        if (exchange != null && !channel.isWritable() && out.progressed()) {
            arm(settings.bodyIdleNanos());
            return;
        }
        switch (state) {
            case IDLE, LINGERING -> close();
            case AWAITING_HEAD -> giveUp(Cause.REQUEST_HEAD_TIMEOUT);
            case AWAITING_BODY -> {
                if (channel.isWritable()) {
                    giveUp(Cause.REQUEST_BODY_TIMEOUT);
                } else {
                    fail(Cause.CLIENT_WRITE_TIMEOUT);
                }
            }
            case AWAITING_RESPONSE -> fail(inputEnded ? Cause.CLIENT_ABORTED : Cause.CLIENT_WRITE_TIMEOUT);
            case TUNNEL -> fail(Cause.TUNNEL_IDLE_TIMEOUT);
            case CLOSED -> {}
        }
    }

    /** Weir stops: closes now if nothing is under way, else after the response. */
    void drain() {
        if (state == State.IDLE) {
            close();
        }
    }

    /** Weir stops and waits no longer. */
    void cut() {
        fail(Cause.STOPPING);
    }

    /** Ends the exchange without an answer, and the connection. */
    private void fail(Cause cause) {
        Exchange failed = exchange;
        exchange = null;
        boolean begun = state != State.IDLE;
        close();
        if (failed == null) {
            return;
        }
        if (begun) {
            failed.clientFailed(cause);
        } else {
            failed.abandon();
        }
    }

    private void close() {
        if (state == State.CLOSED) {
            return;
        }
        state = State.CLOSED;
        worker().loop().timers().remove(deadline);
        connections.closed(this);
        onClose.run();
        releaseAhead();
        out.discard();
        if (responseFraming == BodyFraming.UNTIL_CLOSE && !outputEnded && channel.isOpen()) {
            // An orderly end would look like the end of the response.
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
        }
        channel.close();
        if (exchange != null) {
            Exchange unused = exchange;
            exchange = null;
            unused.abandon();
        }
    }

    private void releaseAhead() {
        if (ahead != null) {
            ahead.release();
            ahead = null;
        }
    }
}
