package dev.weir.downstream;

import dev.weir.http.BodyFraming;
import dev.weir.http.Headers;
import dev.weir.http.ResponseHead;
import dev.weir.loop.Deadline;
import dev.weir.loop.Outgoing;
import dev.weir.observe.Cause;
import dev.weir.pool.Server;
import dev.weir.proxy.ClientInfo;
import dev.weir.proxy.ClientStream;
import dev.weir.proxy.Exchange;
import dev.weir.proxy.Worker;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection whose bytes pass as they are until each side has ended its half: after a change of protocols
 * (101), or because Weir has no part in what is said. Confined to its loop.
 */
final class ClientTunnel extends ChannelInboundHandlerAdapter implements Downstream, ClientStream {
    private final Accepted connection;
    private final ClientInfo client;
    private final Outgoing out;
    private final Deadline deadline = new Deadline(this::expired);
    private final ClientEnd clientEnd;
    /** Null after its end. */
    private @Nullable Exchange exchange;

    private boolean inputEnded;

    /** The tunnel of an exchange that is under way. */
    ClientTunnel(Accepted connection, ClientInfo client, Outgoing out, Exchange exchange) {
        this.connection = connection;
        this.client = client;
        this.out = out;
        this.clientEnd = new ClientEnd(connection, this::fail);
        this.exchange = exchange;
    }

    /** A connection that is passed on to this pool from its first byte on. */
    ClientTunnel(Accepted connection, ClientInfo client) {
        this.connection = connection;
        this.client = client;
        this.out = new Outgoing(connection.worker().loop(), connection.channel());
        this.clientEnd = new ClientEnd(connection, this::fail);
    }

    /** Begins to pass the connection on: balanced and counted as a request to the pool is. */
    void passTo(String pool) {
        Exchange opened = worker().open(this);
        exchange = opened;
        opened.pass(pool);
    }

    private Worker worker() {
        return connection.worker();
    }

    private void arm() {
        connection.arm(deadline, connection.settings().tunnelIdleNanos());
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        arm();
    }

    // ---- from the client ----

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        worker().loop().enter();
        try {
            worker().meters().bytesReceived.add(in.readableBytes());
            received(in);
        } finally {
            worker().loop().leave();
            in.release();
        }
    }

    /** Passes on what there is in {@code in}. */
    void received(ByteBuf in) {
        if (exchange != null && !inputEnded && in.isReadable()) {
            arm();
            exchange.requestData(in, in.readableBytes());
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        receivedAll();
    }

    /** What came in one go has been passed on. */
    void receivedAll() {
        if (exchange != null) {
            exchange.requestReadComplete();
        }
    }

    @Override
    public void reading(boolean on) {
        if (connection.channel().config().isAutoRead() != on) {
            connection.channel().config().setAutoRead(on);
        }
    }

    // ---- towards the client ----

    @Override
    public ClientInfo client() {
        return client;
    }

    @Override
    public void sendInterim(ResponseHead head) {
        throw new IllegalStateException("a tunnel carries no responses");
    }

    @Override
    public void sendHead(ResponseHead head, BodyFraming framing, boolean keepOpen) {
        throw new IllegalStateException("a tunnel carries no responses");
    }

    @Override
    public void startTunnel(ResponseHead head) {
        throw new IllegalStateException("this is a tunnel already");
    }

    @Override
    public void sendData(ByteBuf in, int length) {
        worker().meters().bytesSent.add(length);
        out.write(in, length);
        arm();
    }

    @Override
    public void sendEnd(Headers trailers) {
        out.end();
    }

    @Override
    public void flush() {
        out.flush();
    }

    @Override
    public boolean writable() {
        return connection.channel().isWritable();
    }

    @Override
    public int room() {
        return out.room();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (exchange != null && writable()) {
            exchange.clientWritable();
        }
    }

    // ---- endings ----

    /** Both sides have ended in good order: the client gets what is still on its way. */
    @Override
    public void done() {
        exchange = null;
        connection.remove(deadline);
        connection.handOver(this, new Lingering(connection, out, true, true));
    }

    @Override
    public void abort() {
        exchange = null;
        close();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (ClientEnd.isToldBy(event)) {
            // Without close_notify an end over TLS may be anyone's doing (RFC 8446 section 6.1).
            inputEnded(ClientEnd.isNotice(event) || !out.encrypted());
        }
    }

    /** The client sends no more. */
    void inputEnded(boolean orderly) {
        if (inputEnded) {
            return;
        }
        inputEnded = true;
        if (clientEnd.broken() || !orderly) {
            fail(Cause.CLIENT_ABORTED);
        } else if (exchange != null) {
            exchange.requestEnd(Headers.EMPTY);
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
        if (!writable() && out.progressed()) {
            arm();
        } else {
            fail(Cause.TUNNEL_IDLE_TIMEOUT);
        }
    }

    @Override
    public Accepted accepted() {
        return connection;
    }

    @Override
    public void drain() {}

    @Override
    public void cutRequests() {}

    /** The server learns of the end first, so that all that it still says reaches the client. */
    @Override
    public void endTunnels() {
        inputEnded(true);
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

    private void fail(Cause cause) {
        Exchange failed = exchange;
        if (failed != null) {
            exchange = null;
            close();
            failed.clientFailed(cause);
        }
    }

    private void close() {
        connection.remove(deadline);
        connection.closed(this);
        out.discard();
        if (out.delivered()) {
            connection.channel().close();
        } else {
            // The end of a tunnel is a part of what it carries: one that was cut must not look orderly.
            out.reset();
        }
    }
}
