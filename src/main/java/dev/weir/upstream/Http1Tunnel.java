package dev.weir.upstream;

import dev.weir.http.ByteSink;
import dev.weir.http.Headers;
import dev.weir.http.RequestHead;
import dev.weir.http.ResponseHead;
import dev.weir.loop.Deadline;
import dev.weir.observe.Cause;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;

/**
 * A connection whose server switched protocols (101), or that is passed to it unread: bytes pass as they are, until each
 * side has ended its half. In the first case it takes the place of {@link Http1Upstream} in the channel. The connection is never used again. Confined to its loop.
 */
final class Http1Tunnel extends ChannelInboundHandlerAdapter implements UpstreamStream {
    private final UpstreamPool pool;
    private final Channel channel;
    private final Http1Sender sender;
    private final ServerEnd end;
    private final boolean reused;
    private final long connectNanos;
    /** The one that switched; null when the connection was opened for this client alone. */
    private final @Nullable ResponseHead head;

    private final Deadline deadline = new Deadline(() -> fail(Cause.TUNNEL_IDLE_TIMEOUT));
    private @Nullable UpstreamListener listener;
    private boolean clientEnded;
    private boolean serverEnded;
    private boolean closed;

    /** {@code head} passes to the tunnel: the one that switched. */
    Http1Tunnel(UpstreamPool pool, Channel channel, Http1Sender sender, Http1Upstream origin, ResponseHead head) {
        this.pool = pool;
        this.channel = channel;
        this.sender = sender;
        this.end = new ServerEnd(pool, sender);
        this.reused = origin.reused();
        this.connectNanos = origin.connectNanos();
        this.head = head;
    }

    /** A connection that was opened for one client, whose bytes pass from the first on. */
    Http1Tunnel(UpstreamPool pool, Channel channel, long connectNanos) {
        this.pool = pool;
        this.channel = channel;
        this.sender = new Http1Sender(pool, channel);
        this.end = new ServerEnd(pool, sender);
        this.reused = false;
        this.connectNanos = connectNanos;
        this.head = null;
    }

    void begin(UpstreamListener hears) {
        listener = hears;
        arm(pool.settings().tunnelIdleNanos());
        if (head != null) {
            hears.onTunnel(head, this);
        } else {
            hears.onConnected(this);
        }
    }

    // ---- towards the server ----

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
        throw new IllegalStateException("a tunnel carries no further request");
    }

    @Override
    public void sendData(ByteBuf in, int length) {
        if (closed) {
            in.skipBytes(length);
            return;
        }
        sender.raw(in, length);
        arm(pool.settings().tunnelIdleNanos());
    }

    @Override
    public void sendEnd(Headers trailers) {
        if (closed) {
            return;
        }
        clientEnded = true;
        sender.endOutput();
    }

    @Override
    public void flush() {
        if (!closed) {
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
        if (on) {
            arm(pool.settings().tunnelIdleNanos());
        } else {
            // The client is slow, not the server: its own deadline runs on the other side.
            deadline.disarm();
        }
    }

    @Override
    public void cancel() {
        listener = null;
        if (clientEnded && serverEnded) {
            // Both sides have ended in good order: the server gets what is still on its way.
            arm(pool.settings().bodyIdleNanos());
            sender.whenSent(all -> close());
            return;
        }
        // The end of a tunnel is part of what it carries: one that was cut must not look orderly.
        sender.cut();
        close();
    }

    private void arm(long nanos) {
        pool.loop().timers().arm(deadline, pool.loop().now(), nanos);
    }

    // ---- from the server ----

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        pool.loop().enter();
        try {
            pool.meters().bytesReceived.add(in.readableBytes());
            received(in);
        } finally {
            pool.loop().leave();
            in.release();
        }
    }

    /** Passes on what there is in {@code in}. */
    void received(ByteBuf in) {
        UpstreamListener hears = listener;
        if (hears != null && in.isReadable()) {
            arm(pool.settings().tunnelIdleNanos());
            hears.onData(in, in.readableBytes());
        }
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
            listener.onWritable();
        }
    }

    // ---- endings ----

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (end.isToldBy(event)) {
            ended();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        ended();
    }

    private void ended() {
        if (closed) {
            return;
        }
        if (end.cut() || !channel.isOpen()) {
            fail(Cause.SERVER_CLOSED);
            return;
        }
        UpstreamListener hears = listener;
        if (hears != null && !serverEnded) {
            serverEnded = true;
            // The exchange cancels this stream when the client's half is over too.
            hears.onEnd(Headers.EMPTY);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
        ConnectionFailure broken = end.failure(failure);
        if (broken != null) {
            fail(broken.cause());
        }
    }

    private void fail(Cause cause) {
        UpstreamListener hears = listener;
        listener = null;
        close();
        if (hears != null) {
            hears.onFailure(cause, Delivery.POSSIBLE, "");
        }
    }

    private void close() {
        if (closed) {
            return;
        }
        closed = true;
        pool.closed();
        pool.loop().timers().remove(deadline);
        if (head != null) {
            pool.upstreams().giveBack(head);
        }
        sender.discard();
        channel.close();
    }
}
