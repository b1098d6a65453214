package dev.weir.testing;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A server that closes connections between two requests without a word, as soon or as often as it is told. It notes each
 * request line that its program has read, so that a test sees what was processed, and how often.
 */
public final class IdleClosingServer implements AutoCloseable {
    private static final byte[] ANSWER =
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".getBytes(StandardCharsets.US_ASCII);

    private final ServerSocket listening;
    private final int idleMillis;
    private final ScheduledExecutorService sweeper = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("sweeper").daemon().factory());
    private final Set<Socket> idle = ConcurrentHashMap.newKeySet();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final Map<String, AtomicInteger> processed = new ConcurrentHashMap<>();
    private final AtomicInteger accepted = new AtomicInteger();

    private IdleClosingServer(int idleMillis) throws IOException {
        this.idleMillis = idleMillis;
        this.listening = new ServerSocket(0, 1024, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().name("idle-closing-server").start(this::accept);
    }

    /** Closes each connection that has been idle for so long behind a response. */
    public static IdleClosingServer after(Duration idle) throws IOException {
        return new IdleClosingServer((int) idle.toMillis());
    }

    /** Closes all connections that happen to be idle behind a response, again and again. */
    public static IdleClosingServer every(Duration period) throws IOException {
        IdleClosingServer server = new IdleClosingServer(0);
        long nanos = period.toNanos();
        server.sweeper.scheduleAtFixedRate(server::sweep, nanos, nanos, TimeUnit.NANOSECONDS);
        return server;
    }

    private void sweep() {
        for (Socket socket : idle) {
            close(socket);
        }
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listening.accept();
                accepted.incrementAndGet();
                open.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(socket.getInputStream());
            OutputStream out = new BufferedOutputStream(socket.getOutputStream());
            for (int first = in.read(); first >= 0; first = next(socket, in)) {
                socket.setSoTimeout(0);
                String head = (char) first + Http.head(in);
                in.readNBytes(Http.contentLength(head));
                processed
                        .computeIfAbsent(head.substring(0, head.indexOf('\r')), line -> new AtomicInteger())
                        .incrementAndGet();
                out.write(ANSWER);
                out.flush();
            }
        } catch (IOException closed) {
            // By the sweeper, by Weir, or by the end of the test.
        } finally {
            open.remove(socket);
        }
    }

    private int next(Socket socket, InputStream in) throws IOException {
        socket.setSoTimeout(idleMillis);
        idle.add(socket);
        try {
            return in.read();
        } catch (SocketTimeoutException idleForTooLong) {
            return -1;
        } finally {
            idle.remove(socket);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException alreadyClosed) {
            // Nothing is left to be closed.
        }
    }

    /** How often each request line was read by this server's program. */
    public Map<String, AtomicInteger> processed() {
        return processed;
    }

    /** Connections so far. */
    public int accepted() {
        return accepted.get();
    }

    public String address() {
        return "127.0.0.1:" + listening.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        sweeper.shutdownNow();
        listening.close();
        open.forEach(IdleClosingServer::close);
    }
}
