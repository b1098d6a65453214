package dev.weir.downstream;

import dev.weir.http.BodyFraming;
import dev.weir.http.BodyReader;
import dev.weir.http.ProtocolViolation;
import dev.weir.http.RequestHead;
import dev.weir.http.Violation;
import dev.weir.loop.Deadline;
import dev.weir.loop.Outgoing;
import dev.weir.observe.Cause;
import dev.weir.pool.Server;
import dev.weir.proxy.ClientInfo;
import dev.weir.proxy.Exchange;
import dev.weir.proxy.Worker;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/1 connection from a client: heads in, one exchange after the other, responses out in order. What a client
 * sends ahead of its turn is held, bounded. Confined to its loop.
 */
final class Http1Downstream extends ChannelInboundHandlerAdapter implements Downstream {
    private enum State {
        /** Between requests. */
        IDLE,
        AWAITING_HEAD,
        AWAITING_BODY,
        /** The request is complete; its response is not. */
        AWAITING_RESPONSE,
        /** Closed, or left to {@link ClientTunnel} or {@link Lingering}. */
        CLOSED
    }

    private final Accepted connection;
    private final ListenerSettings settings;
    private final ClientInfo client;
    private final Channel channel;
    private final Outgoing out;
    private final Input input;
    private final Http1ClientStream responses;
    private final BodyReader body = new BodyReader();
    private final Deadline deadline = new Deadline(this::expired);
    private final ClientEnd clientEnd;

    private State state = State.IDLE;
    private @Nullable Exchange exchange;
    /** In {@link #receive}: what a response that ends there leads to is left to its loop. */
    private boolean receiving;

    private boolean inputEnded;
    /** It has been idle for long enough, and closes if nothing is here by the next tick. */
    private boolean lastLook;

    Http1Downstream(Accepted connection, ClientInfo client) {
        this.connection = connection;
        this.settings = connection.settings();
        this.client = client;
        this.channel = connection.channel();
        this.out = new Outgoing(worker().loop(), channel);
        this.clientEnd = new ClientEnd(connection, this::fail);
        this.input = new Input(channel, settings.pipelineBytes());
        this.responses = new Http1ClientStream(this, client, out);
    }

    private Worker worker() {
        return connection.worker();
    }

    private Exchange exchange() {
        return Objects.requireNonNull(exchange, "no exchange is under way");
    }

    private void arm(long nanos) {
        connection.arm(deadline, nanos);
    }

    // ---- the request ----

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        connection.opened(this);
        // A client that connects and says nothing is held to the same time as one that says half of a head.
        arm(connection.idleNanos(settings.requestHeadNanos()));
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        worker().loop().enter();
        try {
            worker().meters().bytesReceived.add(in.readableBytes());
            if (!input.holds()) {
                receive(in);
            }
            if (in.isReadable() && inputWaits()) {
                input.hold(in);
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
            arm(connection.idleNanos(settings.keepAliveNanos()));
        }
    }

    /** Takes the next part of the input; false when there is nothing more to be done with it now. */
    private boolean take(ByteBuf in) {
        return switch (state) {
            case IDLE -> channel.isWritable() && head(in);
            case AWAITING_HEAD -> head(in);
            case AWAITING_BODY -> content(in);
            case AWAITING_RESPONSE -> false;
            case CLOSED -> {
                in.skipBytes(in.readableBytes());
                yield false;
            }
        };
    }

    private boolean head(ByteBuf in) {
        Exchange opened = exchange;
        if (opened == null) {
            opened = worker().open(responses);
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
        responses.answering(request);
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
            if (!input.paused()) {
                arm(settings.bodyIdleNanos());
            }
            exchange().requestData(in, length);
        }
        if (state == State.AWAITING_BODY && body.complete()) {
            awaitResponse();
            input.pause(false);
            exchange().requestEnd(body.trailers());
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
     * Whether what the client sends now has to wait for its turn. That is when the response before it has been taken by
     * the client, but for a bounded rest: who only sends does not fill the memory with responses.
     */
    private boolean inputWaits() {
        return state == State.IDLE || state == State.AWAITING_RESPONSE;
    }

    private void refuse(Violation violation) {
        Cause cause = Refusal.cause(violation);
        responses.isLast();
        if (exchange().responding()) {
            fail(cause);
        } else {
            exchange().refuse(cause, violation.text());
        }
    }

    /** Ends the exchange for something that the client did, with an answer if none has begun. */
    private void giveUp(Cause cause) {
        responses.isLast();
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

    /** Stops or resumes the reading of the request's content. */
    void reading(boolean on) {
        if (input.paused() == !on || state != State.AWAITING_BODY) {
            return;
        }
        if (on) {
            arm(settings.bodyIdleNanos());
        } else {
            // The server is slow, not the client: its own deadline runs on the other side.
            deadline.disarm();
        }
        input.pause(!on);
    }

    // ---- the response ----

    /** A piece of the response has been written. */
    void dataSent() {
        if (inputEnded && channel.isWritable()) {
            arm(settings.halfClosedNanos());
        }
    }

    /** The server has switched protocols. */
    void becomeTunnel() {
        Exchange switched = exchange();
        exchange = null;
        ByteBuf held = input.take();
        leave();
        ClientTunnel tunnel = new ClientTunnel(connection, client, out, switched);
        switched.servedBy(tunnel);
        connection.handOver(this, tunnel);
        tunnel.reading(true);
        if (held != null) {
            tunnel.received(held);
            tunnel.receivedAll();
            held.release();
        }
        if (inputEnded) {
            tunnel.inputEnded(true);
        }
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
        boolean waitsForServer = state == State.AWAITING_RESPONSE || (state == State.AWAITING_BODY && input.paused());
        if (channel.isWritable()) {
            if (waitsForServer && inputEnded) {
                arm(settings.halfClosedNanos());
            } else if (waitsForServer) {
                deadline.disarm();
            }
            exchange.clientWritable();
        } else {
            out.progressed();
            arm(settings.bodyIdleNanos());
        }
    }

    // ---- the end of an exchange ----

    /** The exchange has ended as its messages' framing says. */
    void done() {
        exchange = null;
        if (state == State.CLOSED) {
            return;
        }
        // When Weir stops and the client was not told so in time, its next request may be on its way: it hears it then.
        if (!responses.keepAlive() || state != State.AWAITING_RESPONSE) {
            end();
            return;
        }
        state = State.IDLE;
        lastLook = false;
        if (!receiving) {
            next();
        }
    }

    /** Between two requests: goes on with what is here of the next, or waits for it. */
    private void next() {
        takeHeld();
        if (inputEnded && !input.holds()) {
            inputOver();
        } else if (state == State.IDLE) {
            arm(connection.idleNanos(settings.keepAliveNanos()));
        }
    }

    /** Goes on with what came ahead of its turn. */
    private void takeHeld() {
        ByteBuf held = input.take();
        if (held != null) {
            receive(held);
            requestReadComplete();
            input.giveBack(held, inputWaits());
        }
    }

    /** The exchange has ended before the response was complete. */
    void abort() {
        exchange = null;
        close();
    }

    /** After the last response. */
    private void end() {
        boolean allRead = inputEnded || (state == State.AWAITING_RESPONSE && !input.holds());
        leave();
        connection.handOver(this, new Lingering(connection, out, allRead, responses.endsWithConnection()));
    }

    // ---- the end of the connection ----

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (inputEnded || !ClientEnd.isToldBy(event)) {
            return;
        }
        inputEnded = true;
        if (clientEnd.broken() || out.over()) {
            fail(Cause.CLIENT_ABORTED);
        } else if (!input.holds()) {
            inputOver();
        } else if (state == State.AWAITING_RESPONSE) {
            arm(settings.halfClosedNanos());
        }
    }

    /** The client sends no more, and all that it sent has been taken. */
    private void inputOver() {
        switch (state) {
            case IDLE -> end();
            case AWAITING_HEAD, AWAITING_BODY -> fail(Cause.CLIENT_ABORTED);
            case AWAITING_RESPONSE -> arm(settings.halfClosedNanos());
            case CLOSED -> {}
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        fail(Cause.CLIENT_ABORTED);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
        clientEnd.caught(failure);
    }

    private void expired() {
        if (exchange != null && !channel.isWritable() && out.progressed()) {
            arm(settings.bodyIdleNanos());
            return;
        }
        switch (state) {
            case IDLE -> idleOver();
            case AWAITING_HEAD -> giveUp(Cause.REQUEST_HEAD_TIMEOUT);
            case AWAITING_BODY -> {
                if (channel.isWritable()) {
                    giveUp(Cause.REQUEST_BODY_TIMEOUT);
                } else {
                    fail(Cause.CLIENT_WRITE_TIMEOUT);
                }
            }
            case AWAITING_RESPONSE -> fail(inputEnded ? Cause.CLIENT_ABORTED : Cause.CLIENT_WRITE_TIMEOUT);
            case CLOSED -> {}
        }
    }

    /** Timers come before reading: a loop that is behind may have the next request in its socket already. */
    private void idleOver() {
        if (lastLook) {
            close();
        } else {
            lastLook = true;
            arm(0);
        }
    }

    @Override
    public Accepted accepted() {
        return connection;
    }

    @Override
    public void drain() {
        long idle = connection.idleNanos(settings.keepAliveNanos());
        if (state == State.IDLE && idle < settings.keepAliveNanos()) {
            arm(idle);
        }
    }

    @Override
    public void cutFrom(Server gone) {
        if (exchange != null && exchange.leave(gone)) {
            fail(Cause.SERVER_DOWN);
        }
    }

    @Override
    public void cut() {
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
        leave();
        connection.closed(this);
        out.discard();
        if (responses.endsWithConnection() && !out.delivered()) {
            // An orderly end would look like the end of the response.
            out.reset();
        } else {
            channel.close();
        }
    }

    /** Nothing more happens here; an exchange of which nothing came yet leaves no trace. */
    private void leave() {
        state = State.CLOSED;
        connection.remove(deadline);
        input.close();
        Exchange unused = exchange;
        exchange = null;
        if (unused != null) {
            unused.abandon();
        }
    }
}
