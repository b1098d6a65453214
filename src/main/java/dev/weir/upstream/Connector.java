package dev.weir.upstream;

import dev.weir.config.Address;
import dev.weir.loop.Deadline;
import dev.weir.loop.Loop;
import dev.weir.observe.Cause;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import java.io.FileNotFoundException;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** Opens one connection to a server: its addresses are tried in turn, under one deadline. Confined to its loop. */
final class Connector implements UpstreamClaim {
    private final UpstreamPool pool;
    private final boolean raw;
    private final SocketAddress[] endpoints;
    private final long start;
    private final Deadline deadline = new Deadline(() -> fail(Cause.CONNECT_TIMEOUT, ""));
    /** Null when it has been told the outcome, or does not care any more. */
    private @Nullable UpstreamListener listener;

    private @Nullable Channel channel;
    private int next;

    private Connector(UpstreamPool pool, UpstreamListener listener, boolean raw) {
        this.pool = pool;
        this.raw = raw;
        this.listener = listener;
        this.endpoints = pool.server().endpoints();
        this.start = pool.loop().now();
    }

    /**
     * Begins to connect; the listener hears the outcome, but never before this returned.
     *
     * @param raw for bytes that pass as they are
     */
    static Connector begin(UpstreamPool pool, UpstreamListener listener, boolean raw) {
        Connector connector = new Connector(pool, listener, raw);
        if (connector.endpoints.length == 0) {
            connector.failSoon(Cause.DNS_ERROR, pool.server().name());
        } else {
            pool.loop()
                    .timers()
                    .arm(connector.deadline, connector.start, pool.settings().connectNanos());
            connector.tryNext();
        }
        return connector;
    }

    private void tryNext() {
        SocketAddress endpoint = endpoints[next++];
        Channel attempt;
        try {
            attempt = newChannel();
        } catch (ChannelException noDescriptor) {
            failSoon(Cause.CONNECT_FAILED, text(noDescriptor));
            return;
        }
        channel = attempt;
        pool.loop().executor().register(attempt).addListener(registered -> {
            if (!registered.isSuccess()) {
                ended((ChannelFuture) registered);
                return;
            }
            attempt.connect(endpoint).addListener(future -> ended((ChannelFuture) future));
        });
    }

    private void ended(ChannelFuture future) {
        if (listener == null) {
            future.channel().close();
            return;
        }
        if (future.isSuccess()) {
            connected(future.channel());
            return;
        }
        future.channel().close();
        if (next < endpoints.length) {
            tryNext();
            return;
        }
        Throwable failure = future.cause();
        failSoon(refused(failure) ? Cause.CONNECT_REFUSED : Cause.CONNECT_FAILED, text(failure));
    }

    private void connected(Channel ready) {
        UpstreamListener hears = over();
        if (hears == null) {
            return;
        }
        long nanos = pool.loop().now() - start;
        pool.opened(nanos);
        if (raw) {
            Http1Tunnel tunnel = new Http1Tunnel(pool, ready, nanos);
            ready.pipeline().addLast(tunnel);
            tunnel.begin(hears);
            return;
        }
        Http1Upstream connection = new Http1Upstream(pool, ready, nanos, hears);
        ready.pipeline().addLast(connection);
        hears.onConnected(connection);
    }

    @Override
    public void cancel() {
        if (over() != null && channel != null) {
            channel.close();
        }
    }

    /**
     * Told from the loop's queue: some failures (no route, no local port, no such socket file) are known before the call
     * that began to connect has returned, and its caller has not been given the claim yet.
     */
    private void failSoon(Cause cause, String detail) {
        pool.loop().executor().execute(() -> fail(cause, detail));
    }

    private void fail(Cause cause, String detail) {
        UpstreamListener hears = over();
        if (hears == null) {
            return;
        }
        pool.meters().connectFailures.increment();
        if (channel != null) {
            channel.close();
        }
        hears.onFailure(cause, Delivery.NONE, detail);
    }

    /** Nothing is awaited any more; returns who still waits for the outcome. */
    private @Nullable UpstreamListener over() {
        pool.loop().timers().remove(deadline);
        UpstreamListener hears = listener;
        listener = null;
        return hears;
    }

    /** Both epoll's and Java's exceptions say so in their message only; of a missing socket file epoll says nothing. */
    private static boolean refused(Throwable failure) {
        return failure instanceof FileNotFoundException
                || text(failure).contains("refused")
                || text(failure).contains("No such file");
    }

    private static String text(Throwable failure) {
        String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }

    private Channel newChannel() {
        Loop loop = pool.loop();
        boolean unix = pool.server().address() instanceof Address.Unix;
        Channel opened = unix
                ? loop.transport().unixClient().newChannel()
                : loop.transport().client().newChannel();
        int buffer = pool.settings().bufferBytes();
        opened.config().setRecvByteBufAllocator(loop.reads());
        opened.config().setWriteBufferWaterMark(new WriteBufferWaterMark(buffer / 4, buffer / 2));
        opened.config().setConnectTimeoutMillis(0);
        opened.config().setAutoClose(false);
        opened.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        return opened;
    }
}
