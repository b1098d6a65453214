package dev.weir.upstream;

import dev.weir.config.Address;
import dev.weir.loop.Loop;
import dev.weir.observe.Cause;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import java.io.FileNotFoundException;
import java.net.SocketAddress;

/** Opens one connection to a server: its addresses are tried in turn, under one deadline. Confined to its loop. */
final class Connector {
    private final UpstreamPool pool;
    private final Http1Upstream connection;
    private final SocketAddress[] endpoints;
    private final long start;
    private int next;

    Connector(UpstreamPool pool, Http1Upstream connection) {
        this.pool = pool;
        this.connection = connection;
        this.endpoints = pool.server().endpoints();
        this.start = pool.loop().now();
    }

    void begin() {
        if (endpoints.length == 0) {
            fail(Cause.DNS_ERROR, pool.server().name());
            return;
        }
        pool.loop().timers().arm(connection.deadline(), start, pool.settings().connectNanos());
        tryNext();
    }

    private void tryNext() {
        SocketAddress endpoint = endpoints[next++];
        Channel channel;
        try {
            channel = newChannel();
        } catch (ChannelException noDescriptor) {
            fail(Cause.CONNECT_FAILED, text(noDescriptor));
            return;
        }
        connection.channel(channel);
        pool.loop().executor().register(channel).addListener(registered -> {
            if (!registered.isSuccess()) {
                ended((ChannelFuture) registered);
                return;
            }
            channel.connect(endpoint).addListener(future -> ended((ChannelFuture) future));
        });
    }

    private void ended(ChannelFuture future) {
        if (connection.givenUp()) {
            future.channel().close();
            return;
        }
        if (future.isSuccess()) {
            future.channel().pipeline().addLast(connection);
            connection.connected(pool.loop().now() - start);
            return;
        }
        future.channel().close();
        if (next < endpoints.length) {
            tryNext();
            return;
        }
        Throwable failure = future.cause();
        fail(refused(failure) ? Cause.CONNECT_REFUSED : Cause.CONNECT_FAILED, text(failure));
    }

    /**
     * Told from the loop's queue: some failures (no route, no local port, no such socket file) are known before the call
     * that began to connect has returned, and its caller has not been given the stream yet.
     */
    private void fail(Cause cause, String detail) {
        pool.loop().executor().execute(() -> {
            if (!connection.givenUp()) {
                connection.connectFailed(cause, detail);
            }
        });
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
        Channel channel = unix
                ? loop.transport().unixClient().newChannel()
                : loop.transport().client().newChannel();
        int buffer = pool.settings().bufferBytes();
        channel.config().setRecvByteBufAllocator(loop.reads());
        channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(buffer / 4, buffer / 2));
        channel.config().setConnectTimeoutMillis(0);
        channel.config().setAutoClose(false);
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        return channel;
    }
}
