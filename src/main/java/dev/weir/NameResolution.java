package dev.weir;

import dev.weir.config.Address;
import dev.weir.pool.Server;
import dev.weir.pool.ServerRegistry;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives servers the addresses to connect to: at once for literals, by the system's resolver for names, which are looked
 * up again every {@value #EVERY_SECONDS} seconds. A name that cannot be resolved any more keeps its last addresses.
 * Control plane: blocks.
 */
final class NameResolution {
    private static final Logger LOG = LoggerFactory.getLogger(NameResolution.class);
    private static final int EVERY_SECONDS = 10;

    private final ServerRegistry servers;
    private final boolean nativeSockets;

    NameResolution(ServerRegistry servers, boolean nativeSockets) {
        this.servers = servers;
        this.nativeSockets = nativeSockets;
    }

    /** Resolves these servers once, names side by side. */
    void resolve(List<Server> some) {
        List<Server> names = new ArrayList<>();
        for (Server server : some) {
            switch (server.address()) {
                case Address.Unix unix -> server.endpoints(new SocketAddress[] {unixEndpoint(unix)});
                case Address.Inet inet -> {
                    byte[] literal = NetUtil.createByteArrayFromIpAddressString(inet.host());
                    if (literal == null) {
                        names.add(server);
                    } else {
                        server.endpoints(literal(literal, inet.port()));
                    }
                }
            }
        }
        lookUp(names);
    }

    /** Looks names up again until the thread is interrupted. */
    void keepResolving() {
        try {
            while (true) {
                TimeUnit.SECONDS.sleep(EVERY_SECONDS);
                resolve(servers.servers());
            }
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        }
    }

    private void lookUp(List<Server> names) {
        if (names.isEmpty()) {
            return;
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> lookUps = new ArrayList<>();
            for (Server server : names) {
                lookUps.add(threads.submit(() -> lookUp(server, (Address.Inet) server.address())));
            }
            assert lookUps.size() == names.size();
        }
    }

    private static void lookUp(Server server, Address.Inet address) {
        try {
            InetAddress[] found = InetAddress.getAllByName(address.host());
            SocketAddress[] endpoints = new SocketAddress[found.length];
            for (int i = 0; i < found.length; i++) {
                endpoints[i] = new InetSocketAddress(found[i], address.port());
            }
            if (!Arrays.equals(endpoints, server.endpoints())) {
                server.endpoints(endpoints);
            }
        } catch (UnknownHostException unknown) {
            LOG.warn(
                    "server {}: the name {} has no address{}",
                    server,
                    address.host(),
                    server.endpoints().length == 0 ? "" : "; its last addresses stay in use");
        }
    }

    private SocketAddress unixEndpoint(Address.Unix unix) {
        return nativeSockets ? new DomainSocketAddress(unix.path()) : UnixDomainSocketAddress.of(unix.path());
    }

    private static SocketAddress[] literal(byte[] address, int port) {
        try {
            return new SocketAddress[] {new InetSocketAddress(InetAddress.getByAddress(address), port)};
        } catch (UnknownHostException impossible) {
            throw new IllegalArgumentException("an address of " + address.length + " bytes", impossible);
        }
    }
}
