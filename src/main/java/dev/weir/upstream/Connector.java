package dev.weir.upstream;

import dev.weir.config.Address;
import dev.weir.config.ProxyProtocolVersion;
import dev.weir.loop.Deadline;
import dev.weir.loop.Loop;
import dev.weir.loop.ReadGate;
import dev.weir.observe.Cause;
import dev.weir.tls.ClientTls;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.ssl.SslHandler;
import java.io.FileNotFoundException;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Opens one connection to a server, for all who wait for it: its addresses are tried in turn, then come the header of
 * the PROXY protocol, TLS and the server's greeting where they are spoken, all under one deadline. Whoever waits hears
 * the outcome, but never before the call that made it wait has returned. Confined to its loop.
 */
final class Connector {
    private final UpstreamPool pool;
    private final UpstreamSettings settings;
    private final @Nullable ClientEndpoints client;
    private final Use use;
    private final SocketAddress[] endpoints;
    private final long start;
    private final Deadline deadline = new Deadline(() -> fail(Cause.CONNECT_TIMEOUT, ""));
    private final ArrayDeque<Wait> waiting = new ArrayDeque<>();
    private @Nullable Channel channel;
    private int next;
    /** Within the call that makes this begin. */
    private boolean beginning;

    private boolean over;

    /** What the connection is for. */
    enum Use {
        /** Requests in what the server speaks best. */
        HTTP,
        /** A request that HTTP/1.1 is needed for, where there is a choice. */
        HTTP1,
        /** Bytes that pass as they are. */
        RAW,
        /** Nothing, but for the handshake of TLS where that is spoken. */
        REACH
    }

    /** One request's wait, which may go on at another connector. */
    private static final class Wait implements UpstreamClaim {
        private final UpstreamListener listener;
        private Connector at;

        Wait(UpstreamListener listener, Connector at) {
            this.listener = listener;
            this.at = at;
        }

        @Override
        public void cancel() {
            at.leave(this);
        }
    }

    /**
     * Makes ready; {@link #join} gives a reason to begin.
     *
     * @param client whom the connection will serve; null for everyone
     */
    Connector(UpstreamPool pool, @Nullable ClientEndpoints client, Use use) {
        this.pool = pool;
        this.settings = pool.settings();
        this.client = client;
        this.use = use;
        this.endpoints = pool.endpoints();
        this.start = pool.loop().now();
    }

    /** Whether what is opened here will probably serve this client, beside those who wait already. */
    boolean suits(@Nullable ClientEndpoints wanted) {
        return !over && wanted == client && waiting.size() < settings.maxConcurrentStreams();
    }

    /** Waits for the connection; the first one to wait makes it begin. */
    UpstreamClaim join(UpstreamListener listener) {
        Wait wait = new Wait(listener, this);
        add(wait);
        return wait;
    }

    private void add(Wait wait) {
        waiting.add(wait);
        if (waiting.size() == 1) {
            beginning = true;
            begin();
            beginning = false;
        }
    }

    private void begin() {
        if (endpoints.length == 0) {
            failSoon(Cause.DNS_ERROR, pool.server().name());
            return;
        }
        pool.loop().timers().arm(deadline, start, settings.connectNanos());
        tryNext();
    }

    private void leave(Wait wait) {
        if (waiting.remove(wait) && waiting.isEmpty()) {
            end();
            closeChannel();
        }
    }

    // ---- step by step ----

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
        if (beginning) {
            // A unix socket connects at once. Who waits has not been given its claim yet, by which it can leave.
            pool.loop().executor().execute(() -> ended(future));
            return;
        }
        if (over) {
            future.channel().close();
            return;
        }
        if (future.isSuccess()) {
            established(future.channel());
            return;
        }
        future.channel().close();
        if (next < endpoints.length) {
            tryNext();
            return;
        }
        Throwable failure = future.cause();
        if (refused(failure)) {
            failSoon(Cause.CONNECT_REFUSED, ""); // the cause says it all
        } else {
            failSoon(Cause.CONNECT_FAILED, text(failure));
        }
    }

    private void established(Channel ready) {
        if (client != null && settings.proxyProtocol() != ProxyProtocolVersion.OFF) {
            ProxyHeader.write(settings.proxyProtocol(), client, ready);
        }
        ClientTls tls = settings.tls();
        if (use == Use.RAW) {
            pass(ready);
        } else if (tls != null) {
            Address server = pool.server().address();
            secure(
                    ready,
                    use == Use.HTTP1
                            ? tls.newHttp1Handler(ready.alloc(), server)
                            : tls.newHandler(ready.alloc(), server));
        } else if (use == Use.REACH) {
            pass(ready);
        } else if (settings.http2()) {
            speakHttp2(ready);
        } else {
            speakHttp1(ready);
        }
    }

    private void pass(Channel ready) {
        end();
        Wait only = waiting.remove();
        long nanos = pool.loop().now() - start;
        pool.opened(nanos);
        Http1Tunnel tunnel = new Http1Tunnel(pool, ready, nanos);
        ready.pipeline().addLast(tunnel);
        tunnel.begin(only.listener);
    }

    private void secure(Channel ready, SslHandler handler) {
        ChannelHandler quiet = new HandshakeEnd();
        ready.pipeline().addLast(ReadGate.INSTANCE, handler, quiet);
        handler.handshakeFuture().addListener(shaken -> {
            if (over) {
                return;
            }
            if (!shaken.isSuccess()) {
                ConnectionFailure failure = ConnectionFailure.tls(shaken.cause());
                failSoon(failure.cause(), failure.detail());
                return;
            }
            ready.pipeline().remove(quiet);
            if (use == Use.REACH) {
                pass(ready);
                return;
            }
            if ("h2".equals(handler.applicationProtocol())) {
                speakHttp2(ready);
            } else if (settings.http1()) {
                speakHttp1(ready);
            } else {
                failSoon(Cause.TLS_PROTOCOL_ERROR, "The server does not offer HTTP/2 (ALPN).");
            }
        });
    }

    /** Stands behind TLS until the handshake is over, of whose failure its future tells. */
    private static final class HandshakeEnd extends ChannelInboundHandlerAdapter {
        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
            // Told twice otherwise.
        }
    }

    private void speakHttp1(Channel ready) {
        end();
        pool.shared().spokeHttp1();
        Wait first = waiting.poll();
        if (first == null) {
            ready.close();
            return;
        }
        long nanos = pool.loop().now() - start;
        pool.opened(nanos);
        Http1Upstream connection = new Http1Upstream(pool, client, ready, nanos, first.listener);
        ready.pipeline().addLast(connection);
        while (!waiting.isEmpty()) {
            move(waiting.remove(), new Connector(pool, client, use));
        }
        first.listener.onConnected(connection);
    }

    private void speakHttp2(Channel ready) {
        Http2Connection.open(pool, client, ready, new Http2Connection.Greeting() {
            @Override
            public void ready(Http2Connection connection) {
                share(connection);
            }

            @Override
            public void failed(Cause cause, String detail) {
                fail(cause, detail);
            }
        });
    }

    private void share(Http2Connection connection) {
        if (over) {
            return;
        }
        end();
        connection.begin(pool.loop().now() - start);
        while (!waiting.isEmpty() && connection.takes(client)) {
            UpstreamListener listener = waiting.remove().listener;
            if (listener.upgrade() && !(connection.takesUpgrades() && listener.webSocket())) {
                listener.onFailure(Cause.UPGRADE_UNSUPPORTED, Delivery.NONE, "");
            } else {
                listener.onConnected(connection.stream(listener));
            }
        }
        while (!waiting.isEmpty()) {
            move(waiting.remove(), pool.shared().connector(client));
        }
    }

    /** Who got nothing here waits for another connection. */
    private static void move(Wait wait, Connector to) {
        wait.at = to;
        to.add(wait);
    }

    // ---- endings ----

    /**
     * Told from the loop's queue: some failures (no route, no local port, no such socket file) are known before the call
     * that began to connect has returned, and its caller has not been given the claim yet.
     */
    private void failSoon(Cause cause, String detail) {
        pool.loop().executor().execute(() -> fail(cause, detail));
    }

    private void fail(Cause cause, String detail) {
        if (over) {
            return;
        }
        end();
        pool.meters().connectFailures.increment();
        closeChannel();
        while (!waiting.isEmpty()) {
            waiting.remove().listener.onFailure(cause, Delivery.NONE, detail);
        }
    }

    private void end() {
        over = true;
        pool.loop().timers().remove(deadline);
        pool.shared().remove(this);
    }

    private void closeChannel() {
        if (channel != null) {
            channel.close();
        }
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
        int buffer = settings.bufferBytes();
        boolean records = use != Use.RAW && (settings.http2() || settings.encrypted());
        opened.config()
                .setRecvByteBufAllocator(
                        records ? loop.tlsReads() : loop.reads().adjustable());
        opened.config().setWriteBufferWaterMark(new WriteBufferWaterMark(buffer / 4, buffer / 2));
        opened.config().setConnectTimeoutMillis(0);
        opened.config().setAutoClose(false);
        opened.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        return opened;
    }
}
