package dev.weir.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/** A listening socket that accepts nothing and whose backlog is full: the kernel drops what comes then. */
public final class UnansweringServer implements AutoCloseable {
    private final ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    private final List<SocketChannel> backlog = new ArrayList<>();

    public UnansweringServer() throws IOException {
        for (int i = 0; i < 8; i++) {
            SocketChannel waiting = SocketChannel.open();
            waiting.configureBlocking(false);
            waiting.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), listening.getLocalPort()));
            backlog.add(waiting);
        }
    }

    public String address() {
        return "127.0.0.1:" + listening.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        for (SocketChannel waiting : backlog) {
            waiting.close();
        }
        listening.close();
    }
}
