package dev.weir.loop;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.kqueue.KQueue;
import io.netty.channel.kqueue.KQueueDomainSocketChannel;
import io.netty.channel.kqueue.KQueueIoHandler;
import io.netty.channel.kqueue.KQueueServerDomainSocketChannel;
import io.netty.channel.kqueue.KQueueServerSocketChannel;
import io.netty.channel.kqueue.KQueueSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.nio.channels.spi.SelectorProvider;

/** How sockets are driven on this machine: epoll on Linux, kqueue on macOS, NIO elsewhere. */
public record Transport(
        String name,
        IoHandlerFactory io,
        ChannelFactory<? extends ServerChannel> server,
        ChannelFactory<? extends ServerChannel> unixServer,
        ChannelFactory<? extends Channel> client,
        ChannelFactory<? extends Channel> unixClient) {
    private static final String EVERY_IPV4 = "0.0.0.0";

    /** Whether unix domain sockets are named by Netty's own kind of address. */
    public boolean nativeSockets() {
        return !name.equals("nio");
    }

    /** Whether sockets that another process has opened can be taken over. */
    public boolean adopts() {
        return name.equals("epoll");
    }

    /**
     * A channel that is to listen at this host. One socket serves IPv4 and IPv6 where every address is meant; whoever
     * writes 0.0.0.0 means those of IPv4, which kqueue cannot tell apart.
     */
    public ServerChannel server(String host) {
        if (!host.equals(EVERY_IPV4)) {
            return server.newChannel();
        }
        return switch (name) {
            case "epoll" -> new EpollServerSocketChannel(SocketProtocolFamily.INET);
            case "nio" -> new NioServerSocketChannel(SelectorProvider.provider(), SocketProtocolFamily.INET);
            default -> server.newChannel();
        };
    }

    /** A channel around a listening socket that is open; only where this transport {@link #adopts} them. */
    public ServerChannel listening(int descriptor, boolean unix) {
        return unix ? new EpollServerDomainSocketChannel(descriptor) : new EpollServerSocketChannel(descriptor);
    }

    /** A channel around an accepted connection; only where this transport {@link #adopts} sockets. */
    public Channel accepted(int descriptor, boolean unix) {
        return unix ? new EpollDomainSocketChannel(descriptor) : new EpollSocketChannel(descriptor);
    }

    public static Transport best() {
        if (Epoll.isAvailable()) {
            return new Transport(
                    "epoll",
                    EpollIo.factory(EpollIoHandler.newFactory()),
                    EpollServerSocketChannel::new,
                    EpollServerDomainSocketChannel::new,
                    EpollSocketChannel::new,
                    EpollDomainSocketChannel::new);
        }
        return KQueue.isAvailable() ? kqueue() : nio();
    }

    private static Transport kqueue() {
        return new Transport(
                "kqueue",
                KQueueIoHandler.newFactory(),
                KQueueServerSocketChannel::new,
                KQueueServerDomainSocketChannel::new,
                KQueueSocketChannel::new,
                KQueueDomainSocketChannel::new);
    }

    /** What Java itself has; slower, everywhere. */
    public static Transport nio() {
        return new Transport(
                "nio",
                NioIoHandler.newFactory(),
                NioServerSocketChannel::new,
                NioServerDomainSocketChannel::new,
                NioSocketChannel::new,
                NioDomainSocketChannel::new);
    }
}
