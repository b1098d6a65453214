package dev.weir.downstream;

import dev.weir.config.HttpVersion;
import dev.weir.loop.Deadline;
import dev.weir.loop.Outgoing;
import dev.weir.loop.ReadGate;
import dev.weir.observe.Cause;
import dev.weir.observe.Handshake;
import dev.weir.proxy.ClientInfo;
import dev.weir.tls.ServerTls;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A connection whose client has yet to say who it is and how it will speak: a PROXY header, the TLS handshake, the
 * choice of HTTP's version, each where the listener has it, all within one deadline. Then another serves it. A listener
 * that speaks nothing but HTTP/1 in the clear does without. Confined to its loop.
 */
final class Arrival extends ChannelInboundHandlerAdapter implements Downstream {
    /** With this an HTTP/2 connection begins (RFC 9113 section 3.4). */
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    /** The first byte of a TLS connection: the type of the record with the client's first message. */
    private static final int TLS_HANDSHAKE = 22;

    /** A fatal alert (RFC 6066 section 3) for a name that nothing here is known of. */
    private static final byte[] UNRECOGNIZED_NAME = {21, 3, 3, 0, 2, 2, 112};

    private enum State {
        AWAITING_PROXY_HEADER,
        /** The first bytes say which protocol it is. */
        AWAITING_BYTES,
        /** A handshake has arrived, and many others before it. */
        AWAITING_TURN,
        AWAITING_HANDSHAKE,
        /** Closed, or left to another. */
        LEFT
    }

    private final Accepted connection;
    private final ListenerSettings settings;
    private final Deadline deadline = new Deadline(this::expired);
    private State state = State.AWAITING_BYTES;
    private ClientInfo client;
    /** The first bytes, while they do not say enough. */
    private @Nullable ByteBuf first;

    private @Nullable SslHandler tls;
    /** The client is an authority that looks at what it is shown, and goes. */
    private boolean proving;

    private long startMillis;

    Arrival(Accepted connection, ClientInfo client) {
        this.connection = connection;
        this.settings = connection.settings();
        this.client = client;
    }

    private ChannelPipeline pipeline() {
        return connection.channel().pipeline();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        connection.opened(this);
        connection.arm(deadline, connection.worker().idleNanos(settings.handshakeNanos()));
        if (!settings.proxyProtocol()) {
            return;
        }
        if (!settings.speaksForClients(connection.channel())) {
            refuse(Cause.PROXY_HEADER_REFUSED);
            return;
        }
        state = State.AWAITING_PROXY_HEADER;
        pipeline().addBefore(ctx.name(), null, ProxyHeader.decoder());
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HAProxyMessage header) {
            try {
                client = ProxyHeader.client(header, client, settings);
                state = State.AWAITING_BYTES;
            } finally {
                header.release();
            }
            return;
        }
        ByteBuf in = (ByteBuf) message;
        if (state != State.AWAITING_BYTES) {
            in.release();
        } else if (settings.encrypted()) {
            encryption(ctx, in);
        } else {
            version(in);
        }
    }

    // ---- TLS ----

    private void encryption(ChannelHandlerContext ctx, ByteBuf in) {
        int type = in.getUnsignedByte(in.readerIndex());
        if (type != TLS_HANDSHAKE) {
            in.release();
            connection.worker().meters().handshake(Handshake.NOT_TLS);
            if (type >= 'A' && type <= 'Z') {
                refuseClearText();
            } else {
                close();
            }
            return;
        }
        if (connection.connections().handshakes().take()) {
            begin(ctx, in);
            return;
        }
        state = State.AWAITING_TURN;
        first = copy(in);
        connection.channel().config().setAutoRead(false);
        connection.connections().handshakes().await(() -> turn(ctx));
    }

    private void turn(ChannelHandlerContext ctx) {
        ByteBuf hello = first;
        if (state == State.AWAITING_TURN && hello != null) {
            first = null;
            connection.channel().config().setAutoRead(true);
            ChannelPipeline pipeline = pipeline();
            begin(ctx, hello);
            pipeline.fireChannelReadComplete(); // which is when an answer leaves
        }
    }

    /** Consumes the beginning of the client's first message. */
    private void begin(ChannelHandlerContext ctx, ByteBuf hello) {
        state = State.AWAITING_HANDSHAKE;
        startMillis = System.currentTimeMillis();
        ServerTls security = settings.tls();
        if (settings.passed().isEmpty()
                && (security == null || !security.challenges().proving())) {
            shakeHands(ctx);
        } else {
            pipeline().addBefore(ctx.name(), null, new ServerName((name, proving) -> named(ctx, name, proving)));
        }
        pipeline().fireChannelRead(hello);
    }

    /** The client has said which server it wants. */
    private void named(ChannelHandlerContext ctx, @Nullable String name, boolean proving) {
        if (state != State.AWAITING_HANDSHAKE || (proving && prove(ctx, name))) {
            return;
        }
        String pool = settings.passed().pool(name);
        if (pool == null) {
            shakeHands(ctx);
            return;
        }
        connection.worker().meters().handshake(Handshake.PASSED_ON);
        ClientTunnel tunnel = new ClientTunnel(connection, client);
        leaveTo(tunnel);
        tunnel.passTo(pool);
    }

    private void shakeHands(ChannelHandlerContext ctx) {
        ServerTls security = settings.tls();
        if (security == null || !security.ready()) {
            connection.channel().writeAndFlush(Unpooled.wrappedBuffer(UNRECOGNIZED_NAME));
            ended(security == null ? Handshake.NOTHING_IN_COMMON : Handshake.NO_CERTIFICATE);
            return;
        }
        shakeHands(ctx, security.newHandler(connection.channel().alloc()));
    }

    private void shakeHands(ChannelHandlerContext ctx, SslHandler handler) {
        tls = handler;
        pipeline().addBefore(ctx.name(), null, ReadGate.INSTANCE);
        pipeline().addBefore(ctx.name(), null, handler);
    }

    /** Shows an authority what it wants to see of this name before it certifies it; false when there is nothing to show. */
    private boolean prove(ChannelHandlerContext ctx, @Nullable String name) {
        ServerTls security = settings.tls();
        SslHandler handler = security == null
                ? null
                : security.challenges().newHandler(name, connection.channel().alloc());
        if (handler == null) {
            return false;
        }
        this.proving = true;
        shakeHands(ctx, handler);
        return true;
    }

    /** HTTP in the clear, by its first letter: the one mistake that deserves an answer. */
    private void refuseClearText() {
        Cause cause = Cause.PLAIN_ON_TLS;
        connection.worker().meters().cause(cause);
        Outgoing out = new Outgoing(connection.worker().loop(), connection.channel());
        byte[] answer = OwnAnswer.of(cause);
        out.write(answer, 0, answer.length);
        leaveTo(new Lingering(connection, out, false, false));
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof SslHandshakeCompletionEvent completion) {
            handshakeEnded(completion);
        } else if (ClientEnd.isToldBy(event)) {
            gone();
        }
    }

    private void handshakeEnded(SslHandshakeCompletionEvent completion) {
        SslHandler handler = tls;
        if (state != State.AWAITING_HANDSHAKE || handler == null) {
            return;
        }
        if (!completion.isSuccess()) {
            connection.worker().meters().handshake(Handshakes.failed(completion.cause()));
            close();
            return;
        }
        if (proving) {
            // The handshake was all it came for.
            ended(Handshake.CHALLENGE);
            return;
        }
        boolean resumed = Handshakes.resumed(handler.engine(), startMillis);
        connection.worker().meters().handshake(resumed ? Handshake.RESUMED : Handshake.FULL);
        client = Handshakes.identified(client, handler);
        String chosen = handler.applicationProtocol();
        HttpVersion version = chosen == null ? settings.withoutAlpn() : HttpVersion.of(chosen);
        serve(version);
    }

    // ---- HTTP ----

    /** In the clear, whoever does not begin with HTTP/2's preface is taken to speak HTTP/1. */
    private void version(ByteBuf in) {
        ByteBuf held = first;
        first = null;
        ByteBuf begun = held == null ? in : held.writeBytes(in);
        if (held != null) {
            in.release();
        }
        int length = Math.min(begun.readableBytes(), PREFACE.length);
        boolean matches = settings.speaks(HttpVersion.H2);
        for (int i = 0; matches && i < length; i++) {
            matches = begun.getByte(begun.readerIndex() + i) == PREFACE[i];
        }
        if (matches && length < PREFACE.length) {
            first = held == null ? copy(in) : held;
            return;
        }
        serve(matches ? HttpVersion.H2 : HttpVersion.HTTP_1_1);
        pipeline().fireChannelRead(begun);
    }

    private ByteBuf copy(ByteBuf in) {
        ByteBuf copy = connection.channel().alloc().buffer(in.readableBytes());
        copy.writeBytes(in);
        in.release();
        return copy;
    }

    private void serve(HttpVersion version) {
        leaveTo(
                switch (version) {
                    case HTTP_1_1 -> new Http1Downstream(connection, client);
                    case H2 -> Http2Downstream.of(connection, client);
                });
    }

    private void leaveTo(Downstream next) {
        leave();
        connection.handOver(this, next);
    }

    // ---- the end ----

    private void refuse(Cause cause) {
        connection.worker().meters().connectionsRefused.increment();
        connection.worker().meters().cause(cause);
        close();
    }

    private void expired() {
        switch (state) {
            case AWAITING_PROXY_HEADER -> refuse(Cause.PROXY_HEADER_REFUSED);
            case AWAITING_TURN, AWAITING_HANDSHAKE -> ended(Handshake.TIMEOUT);
            case AWAITING_BYTES -> {
                if (settings.encrypted()) {
                    ended(Handshake.TIMEOUT);
                } else {
                    if (first != null) {
                        connection.worker().meters().cause(Cause.REQUEST_HEAD_TIMEOUT);
                    }
                    close();
                }
            }
            case LEFT -> {}
        }
    }

    /** The client has ended its side before anything was agreed. */
    private void gone() {
        switch (state) {
            case AWAITING_PROXY_HEADER -> refuse(Cause.PROXY_HEADER_REFUSED);
            case AWAITING_TURN, AWAITING_HANDSHAKE -> ended(Handshake.CLIENT_GONE);
            case AWAITING_BYTES -> close();
            case LEFT -> {}
        }
    }

    /** Without a connection coming of it. */
    private void ended(Handshake result) {
        connection.worker().meters().handshake(result);
        close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        gone();
    }

    /** A failure of the TLS handler was told as the end of the handshake; the rest means that the client is gone. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
        if (state == State.AWAITING_HANDSHAKE) {
            ended(Handshakes.failed(failure));
        } else {
            gone();
        }
    }

    @Override
    public Accepted accepted() {
        return connection;
    }

    @Override
    public void drain() {
        long idle = connection.worker().idleNanos(settings.handshakeNanos());
        if (state != State.LEFT && idle < settings.handshakeNanos()) {
            connection.arm(deadline, idle);
        }
    }

    @Override
    public void cut() {
        close();
    }

    private void close() {
        if (state != State.LEFT) {
            leave();
            connection.closed(this);
            connection.channel().close();
        }
    }

    private void leave() {
        state = State.LEFT;
        connection.remove(deadline);
        if (first != null) {
            first.release();
            first = null;
        }
    }
}
