package dev.weir.downstream;

import dev.weir.config.Address;
import dev.weir.config.ListenerConfig;
import dev.weir.loop.GivenSocket;
import dev.weir.loop.Loop;
import dev.weir.loop.SocketFile;
import dev.weir.loop.Transport;
import dev.weir.observe.Cause;
import dev.weir.proxy.ClientInfo;
import dev.weir.tls.ServerTls;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import io.netty.channel.unix.UnixChannelOption;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One bound address. One loop accepts for it and deals the connections out to all loops in turn: a connection stays on
 * its loop for life, and with one listening socket none is lost that waits in another loop's queue when Weir stops.
 */
public final class Listener {
    private static final Logger LOG = LoggerFactory.getLogger(Listener.class);
    private static final int BACKLOG = 4096;
    private static final long PAUSE_MILLIS = 200;
    /** How long a connection may be idle once the listener is removed: a request may be on its way. */
    static final long REMOVED_IDLE_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** What an accepted peer's address is written to. */
    private static final int PEER_BYTES = 26;

    private static final byte[] TOO_MANY = OwnAnswer.of(Cause.CONNECTION_LIMIT);

    private final List<Connections> loops;
    private final Transport transport;
    private final Channel channel;
    /** Written by the control plane; who connects next is served so. */
    private volatile ListenerConfig config;

    private volatile ListenerSettings settings;
    /** Written by the control plane, read by loops once for each response: connections close after their exchange. */
    private volatile boolean removed;

    private final Acceptor acceptor = new Acceptor();
    /** Whether the socket outlives this process, in the hands of whoever opened it. */
    private final boolean kept;
    /** Whether socket and file end with this listener. One that was given is another's until this begins to accept. */
    private boolean own;
    /** Connections open now; changed by all loops, once for each connection. */
    private final AtomicInteger open = new AtomicInteger();
    /** Only the accepting loop deals. */
    private int next;

    private Listener(
            ListenerConfig config,
            @Nullable ServerTls tls,
            List<Connections> loops,
            Transport transport,
            Channel channel,
            @Nullable GivenSocket given) {
        this.config = config;
        this.settings = ListenerSettings.of(config, tls);
        this.loops = loops;
        this.transport = transport;
        this.channel = channel;
        this.kept = given != null && given.kept();
        this.own = given == null;
    }

    /**
     * Binds; who connects waits until {@link #accept}. Waits for the outcome; not to be called on a loop.
     *
     * @param tls null for a listener in the clear
     * @param accepting the loop that accepts
     * @param given the socket, when it is open already; null to open one
     * @throws IOException with a sentence for the user
     */
    public static Listener bind(
            ListenerConfig config,
            @Nullable ServerTls tls,
            List<Connections> loops,
            EventLoop accepting,
            Transport transport,
            @Nullable GivenSocket given)
            throws IOException {
        boolean unix = config.bind() instanceof Address.Unix;
        Channel channel = given == null ? unbound(config, transport) : transport.listening(given.descriptor(), unix);
        channel.config().setAutoRead(false);
        Listener listener = new Listener(config, tls, loops, transport, channel, given);
        channel.pipeline().addLast(listener.acceptor);
        await(accepting.register(channel), config);
        if (given == null) {
            await(channel.bind(socketAddress(config.bind(), transport)), config);
        }
        return listener;
    }

    private static Channel unbound(ListenerConfig config, Transport transport) throws IOException {
        boolean unix = config.bind() instanceof Address.Unix;
        if (config.reusePort() && (unix || !transport.nativeSockets())) {
            throw new IOException("cannot listen on " + config.bind() + ": 'reuse-port' is for TCP on Linux and macOS");
        }
        Channel channel = config.bind() instanceof Address.Inet inet
                ? transport.server(inet.host())
                : transport.unixServer().newChannel();
        channel.config().setOption(ChannelOption.SO_BACKLOG, BACKLOG);
        if (!unix) {
            channel.config().setOption(ChannelOption.SO_REUSEADDR, true);
        }
        if (config.reusePort()) {
            channel.config().setOption(UnixChannelOption.SO_REUSEPORT, true);
        }
        return channel;
    }

    /** Begins to accept. */
    public void accept() {
        own = !kept;
        channel.config().setAutoRead(true);
    }

    private static void await(ChannelFuture future, ListenerConfig config) throws IOException {
        future.awaitUninterruptibly();
        Throwable failure = future.cause();
        if (failure == null) {
            return;
        }
        future.channel().close();
        String reason = String.valueOf(failure.getMessage());
        String what = reason.contains("in use")
                ? "the address is already in use; another program, or another Weir, listens there"
                : reason.contains("ermission")
                        ? "permission denied; ports below 1024 need the right CAP_NET_BIND_SERVICE or root"
                        : reason.contains("assign requested") ? "this machine does not have that address" : reason;
        throw new IOException("cannot listen on " + config.bind() + ": " + what, failure);
    }

    private static SocketAddress socketAddress(Address bind, Transport transport) throws IOException {
        return switch (bind) {
            case Address.Inet inet -> {
                if (inet.host().isEmpty()) {
                    yield new InetSocketAddress(inet.port());
                }
                InetSocketAddress address = new InetSocketAddress(inet.host(), inet.port());
                if (address.isUnresolved()) {
                    throw new IOException("cannot listen on " + bind + ": the name " + inet.host() + " has no address");
                }
                yield address;
            }
            case Address.Unix unix -> {
                try {
                    SocketFile.removeStale(Path.of(unix.path()));
                } catch (IOException inTheWay) {
                    throw new IOException("cannot listen on " + bind + ": " + inTheWay.getMessage(), inTheWay);
                }
                yield transport.nativeSockets()
                        ? new DomainSocketAddress(unix.path())
                        : UnixDomainSocketAddress.of(unix.path());
            }
        };
    }

    public ListenerConfig config() {
        return config;
    }

    /** Serves by this configuration, of the same address, whoever connects from now on. Control plane. */
    public void change(ListenerConfig next, @Nullable ServerTls tls) {
        settings = ListenerSettings.of(next, tls);
        config = next;
    }

    /** Whether connections close after the exchange that is under way. */
    boolean removed() {
        return removed;
    }

    /** One of its connections has ended. */
    void ended() {
        open.decrementAndGet();
    }

    /** The address with the port that was really taken. */
    public String boundTo() {
        SocketAddress local = channel.localAddress();
        if (local instanceof InetSocketAddress inet) {
            return Address.Inet.of(inet).toString();
        }
        return config.bind().toString();
    }

    /** The port that was really taken; -1 for a unix domain socket. */
    public int port() {
        return channel.localAddress() instanceof InetSocketAddress inet ? inet.getPort() : -1;
    }

    /** The socket, to be passed to another process; null where that cannot be done, or when it is closed. */
    public @Nullable GivenSocket socket() {
        return transport.adopts() && channel.isOpen() && channel instanceof UnixChannel open
                ? new GivenSocket(open.fd().intValue(), kept)
                : null;
    }

    /** It is not wanted any more: stops accepting, and its connections end after their exchange. */
    public void remove() {
        removed = true;
        close();
    }

    /** Stops accepting for good: what waits to be accepted still is. Open connections stay, to be drained by {@link Connections}. */
    public void close() {
        if (!own || !channel.isOpen()) {
            leave();
            return;
        }
        channel.eventLoop().submit(acceptor::acceptWaiting).awaitUninterruptibly();
        channel.close().awaitUninterruptibly();
        if (config.bind() instanceof Address.Unix unix) {
            try {
                Files.deleteIfExists(Path.of(unix.path()));
            } catch (IOException left) {
                LOG.warn("listener {}: cannot remove its socket file: {}", config.bind(), left.getMessage());
            }
        }
    }

    /** Stops accepting; another process has the socket too, and accepts what waits. Open connections stay. */
    public void leave() {
        if (channel.isOpen() && channel instanceof UnixChannel open) {
            // Past the channel's own way of closing, which would remove the socket's file.
            channel.deregister().awaitUninterruptibly();
            try {
                open.fd().close();
            } catch (IOException closed) {
                LOG.warn("listener {}: closing its socket failed: {}", config.bind(), closed.getMessage());
            }
        }
    }

    private final class Acceptor extends ChannelInboundHandlerAdapter {
        private long warned = Long.MIN_VALUE;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            deal((Channel) message);
        }

        /** What has connected and waits, at the end: closing the socket would reset it. */
        void acceptWaiting() {
            if (!transport.adopts()
                    || !(channel instanceof UnixChannel open)
                    || !(open.fd() instanceof Socket socket)) {
                return;
            }
            boolean unix = config.bind() instanceof Address.Unix;
            byte[] peer = new byte[PEER_BYTES];
            try {
                int descriptor;
                for (int i = 0; i < BACKLOG && (descriptor = socket.accept(peer)) >= 0; i++) {
                    deal(transport.accepted(descriptor, unix));
                }
            } catch (IOException failure) {
                LOG.warn("listener {}: cannot accept what waits: {}", settings.name(), failure.getMessage());
            }
        }

        private void deal(Channel child) {
            Connections target = loops.get(next);
            next = next + 1 == loops.size() ? 0 : next + 1;
            if (open.incrementAndGet() > config.limits().connections()) {
                refuse(child, target);
                return;
            }
            ListenerSettings current = settings;
            configure(child, target, current);
            Accepted accepted = new Accepted(target, Listener.this, current, child);
            ClientInfo client = current.client(child);
            child.pipeline()
                    .addLast(current.plain() ? new Http1Downstream(accepted, client) : new Arrival(accepted, client));
            register(child, target);
        }

        private void configure(Channel child, Connections target, ListenerSettings settings) {
            int buffer = settings.bufferBytes();
            Loop loop = target.worker().loop();
            child.config().setRecvByteBufAllocator(settings.encrypted() ? loop.tlsReads() : loop.reads());
            child.config().setWriteBufferWaterMark(new WriteBufferWaterMark(buffer / 4, buffer / 2));
            child.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        }

        private void register(Channel child, Connections target) {
            target.worker().loop().executor().register(child).addListener(registered -> {
                if (!registered.isSuccess()) {
                    child.unsafe().closeForcibly();
                    open.decrementAndGet();
                }
            });
        }

        private void refuse(Channel child, Connections target) {
            EventLoop executor = target.worker().loop().executor();
            executor.register(child).addListener(registered -> {
                open.decrementAndGet();
                target.worker().meters().connectionsRefused.increment();
                target.worker().meters().cause(Cause.CONNECTION_LIMIT);
                if (settings.encrypted()) {
                    child.close();
                    return;
                }
                child.writeAndFlush(Unpooled.wrappedBuffer(TOO_MANY)).addListener(ChannelFutureListener.CLOSE);
            });
        }

        /** Out of descriptors or memory: accepting rests a little, what waits in the backlog is not lost. */
        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
            long now = System.nanoTime();
            if (warned == Long.MIN_VALUE || now - warned > TimeUnit.SECONDS.toNanos(10)) {
                warned = now;
                LOG.warn("listener {}: cannot accept: {}; trying again", settings.name(), failure.getMessage());
            }
            ctx.channel().config().setAutoRead(false);
            ctx.executor()
                    .schedule(() -> ctx.channel().config().setAutoRead(true), PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        }
    }
}
