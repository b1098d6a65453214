package dev.weir.admin;

import dev.weir.config.Address;
import dev.weir.config.WeirConfig.AdminConfig;
import dev.weir.loop.GivenSocket;
import dev.weir.loop.SocketFile;
import dev.weir.loop.Transport;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.UnixChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The socket on which the admin port listens: TCP, or a unix domain socket whose file has a mode. Blocks. */
final class AdminSocket {
    private static final Logger log = LoggerFactory.getLogger(AdminSocket.class);
    private static final int BACKLOG = 64;

    private final AdminConfig config;
    private final Transport transport;
    /** Null for a unix socket. */
    private final @Nullable InetSocketAddress address;

    private @Nullable Channel channel;
    /** Whoever opened it listens on. */
    private boolean kept;

    private AdminSocket(AdminConfig config, Transport transport, @Nullable InetSocketAddress address) {
        this.config = config;
        this.transport = transport;
        this.address = address;
    }

    /**
     * Looks the address up.
     *
     * @throws IOException when there is none of this name; the message is a sentence
     */
    static AdminSocket of(AdminConfig config, Transport transport) throws IOException {
        if (!(config.bind() instanceof Address.Inet inet)) {
            return new AdminSocket(config, transport, null);
        }
        try {
            InetSocketAddress address = inet.host().isEmpty()
                    ? new InetSocketAddress(inet.port())
                    : new InetSocketAddress(InetAddress.getByName(inet.host()), inet.port());
            return new AdminSocket(config, transport, address);
        } catch (UnknownHostException e) {
            throw new IOException("The admin port cannot be bound to " + inet + ": the host is unknown.", e);
        }
    }

    /** A loopback address for who gave another. */
    static String example(Address bind) {
        return "127.0.0.1:" + (bind instanceof Address.Inet inet ? inet.port() : 9090);
    }

    boolean isLoopback() {
        return address != null && address.getAddress().isLoopbackAddress();
    }

    /** Whether users of other machines can reach it. */
    boolean isForOthers() {
        return address != null && !isLoopback();
    }

    void bind(EventLoop loop, ChannelHandler acceptor) throws IOException {
        if (address != null) {
            Channel opened = transport.server(((Address.Inet) config.bind()).host());
            opened.config().setOption(ChannelOption.SO_REUSEADDR, true);
            bind(opened, address, loop, acceptor);
            return;
        }
        Path path = Path.of(((Address.Unix) config.bind()).path());
        try {
            SocketFile.removeStale(path);
        } catch (IOException inTheWay) {
            throw refused(inTheWay.getMessage(), inTheWay);
        }
        // Under another name until it has its mode: nobody else can connect in between.
        Path first = path.resolveSibling("." + Long.toString(System.nanoTime(), Character.MAX_RADIX));
        bind(transport.unixServer().newChannel(), unix(fits(first) ? first : path), loop, acceptor);
        try {
            Files.setPosixFilePermissions(fits(first) ? first : path, permissions(config.mode()));
            if (fits(first)) {
                Files.move(first, path, StandardCopyOption.ATOMIC_MOVE);
            }
        } catch (IOException failure) {
            throw refused("its mode cannot be set: " + failure.getMessage(), failure);
        }
    }

    private static boolean fits(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8).length <= Address.LONGEST_UNIX_PATH;
    }

    private SocketAddress unix(Path path) {
        return transport.nativeSockets() ? new DomainSocketAddress(path.toString()) : UnixDomainSocketAddress.of(path);
    }

    static Set<PosixFilePermission> permissions(String octal) {
        int mode = Integer.parseInt(octal, 8);
        StringBuilder text = new StringBuilder();
        for (int bit = 8; bit >= 0; bit--) {
            text.append((mode >> bit & 1) == 1 ? "xwr".charAt(bit % 3) : '-');
        }
        return PosixFilePermissions.fromString(text.toString());
    }

    private void bind(Channel opened, SocketAddress at, EventLoop loop, ChannelHandler acceptor) throws IOException {
        opened.config().setOption(ChannelOption.SO_BACKLOG, BACKLOG);
        opened.pipeline().addLast(acceptor);
        await(loop.register(opened));
        await(opened.bind(at));
        channel = opened;
    }

    /** Listens on a socket that is bound and listening already. */
    void adopt(GivenSocket given, EventLoop loop, ChannelHandler acceptor) throws IOException {
        if (!transport.adopts()) {
            throw refused("a listening socket can be taken over on Linux only", new UnsupportedOperationException());
        }
        Channel opened = transport.listening(given.descriptor(), address == null);
        opened.pipeline().addLast(acceptor);
        await(loop.register(opened));
        channel = opened;
        kept = given.kept();
    }

    private void await(ChannelFuture future) throws IOException {
        Throwable failure = future.awaitUninterruptibly().cause();
        if (failure != null) {
            future.channel().close();
            String reason = String.valueOf(failure.getMessage());
            throw refused(reason.contains("in use") ? "the address is already in use" : reason, failure);
        }
    }

    private IOException refused(@Nullable String why, Throwable cause) {
        return new IOException("The admin port cannot be bound to " + config.bind() + ": " + why + ".", cause);
    }

    /** Of the file of a unix socket. */
    void mode(String mode) {
        if (config.bind() instanceof Address.Unix unix) {
            try {
                Files.setPosixFilePermissions(Path.of(unix.path()), permissions(mode));
            } catch (IOException failure) {
                log.warn("The mode of the admin port's socket file cannot be set: {}", failure.getMessage());
            }
        }
    }

    /** The address with the port that was really taken. */
    Address boundTo() {
        return channel != null && channel.localAddress() instanceof InetSocketAddress bound
                ? Address.Inet.of(bound)
                : config.bind();
    }

    /** -1 where sockets have none. */
    int descriptor() {
        return channel instanceof UnixChannel open ? open.fd().intValue() : -1;
    }

    /**
     * Stops accepting.
     *
     * @param last nobody else listens there, so that the file of a unix socket goes too
     */
    void close(boolean last) {
        if (channel == null) {
            return;
        }
        channel.close().awaitUninterruptibly();
        if (last && !kept && config.bind() instanceof Address.Unix unix) {
            try {
                Files.deleteIfExists(Path.of(unix.path()));
            } catch (IOException left) {
                log.warn("The admin port's socket file cannot be removed: {}", left.getMessage());
            }
        }
    }
}
