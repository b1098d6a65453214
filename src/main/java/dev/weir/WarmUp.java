package dev.weir;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.weir.config.Address;
import dev.weir.config.ConfigDefaults;
import dev.weir.config.HealthConfig;
import dev.weir.config.ListenerConfig;
import dev.weir.config.PoolConfig;
import dev.weir.config.PoolConfig.ServerConfig;
import dev.weir.config.WeirConfig;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Requests of Weir's own before clients send theirs: a second Weir in this process, on the loopback address, with a few
 * clients before it and a server behind it. A JVM compiles the code that has been run some thousand times, and a process
 * that takes over from another gets all of its requests at once.
 */
final class WarmUp {
    private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);
    private static final int CLIENTS = 4;
    /** All clients together send some thousand a second, so that a processor is left to others. */
    private static final long PAUSE_NANOS = 700_000;
    /** After so many requests a client connects anew. */
    private static final int REQUESTS_A_CONNECTION = 100;

    private static final byte[] GET = ("GET /warm/up?of=weir HTTP/1.1\r\nHost: warm.up\r\nUser-Agent: weir\r\n"
                    + "Accept: */*\r\nAccept-Encoding: gzip, br\r\nCookie: a=b\r\n\r\n")
            .getBytes(ISO_8859_1);
    private static final byte[] POST =
            ("POST /warm/up HTTP/1.1\r\nHost: warm.up\r\nContent-Type: text/plain\r\nContent-Length: 512\r\n\r\n"
                            + "x".repeat(512))
                    .getBytes(ISO_8859_1);
    private static final byte[] ANSWER = ("HTTP/1.1 200 OK\r\nServer: warm\r\nContent-Type: text/plain\r\n"
                    + "Cache-Control: no-store\r\nContent-Length: 512\r\n\r\n" + "x".repeat(512))
            .getBytes(ISO_8859_1);

    private final long end;

    private WarmUp(Duration duration) {
        this.end = System.nanoTime() + duration.toNanos();
    }

    /** Takes as long as it is told, or less when it fails, which does no harm. Blocks. */
    static void run(Duration duration) {
        if (duration.isZero()) {
            return;
        }
        WarmUp warmUp = new WarmUp(duration);
        try (ServerSocket server = new ServerSocket(0, CLIENTS * 2, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().name("weir-warm-up").start(() -> warmUp.accept(server));
            Weir weir = Weir.start(config(server.getLocalPort()));
            try {
                warmUp.send(weir.ports().getFirst());
            } finally {
                weir.stopNow();
                weir.awaitStop();
            }
        } catch (IOException | StartFailure failure) {
            LOG.info("warming up failed: {}", failure.getMessage());
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
        }
    }

    private static WeirConfig config(int port) {
        ListenerConfig listener =
                ConfigDefaults.of(ListenerConfig.class, Map.of("bind", new Address.Inet("127.0.0.1", 0)));
        HealthConfig unchecked = ConfigDefaults.of(HealthConfig.class, Map.of("type", HealthConfig.Type.OFF));
        List<ServerConfig> servers = List.of(ServerConfig.of(new Address.Inet("127.0.0.1", port)));
        PoolConfig pool = ConfigDefaults.of(PoolConfig.class, Map.of("servers", servers, "health", unchecked));
        return ConfigDefaults.of(
                WeirConfig.class,
                Map.of("eventLoops", 1, "listeners", List.of(listener), "pools", Map.of("warm-up", pool)));
    }

    private void send(int port) throws InterruptedException {
        CountDownLatch clients = new CountDownLatch(CLIENTS);
        for (int i = 0; i < CLIENTS; i++) {
            Thread.ofVirtual().name("weir-warm-up").start(() -> {
                try {
                    while (!over()) {
                        sendSome(port);
                    }
                } catch (IOException failure) {
                    LOG.info("warming up ends early: {}", failure.getMessage());
                } finally {
                    clients.countDown();
                }
            });
        }
        clients.await();
    }

    private boolean over() {
        return System.nanoTime() - end >= 0;
    }

    private void sendSome(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(socket.getInputStream());
            OutputStream out = socket.getOutputStream();
            for (int i = 0; i < REQUESTS_A_CONNECTION && !over(); i++) {
                out.write(i % 5 == 0 ? POST : GET);
                if (!readMessage(in)) {
                    throw new IOException("an answer was cut short");
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    private void accept(ServerSocket server) {
        try {
            while (true) {
                Socket accepted = server.accept();
                Thread.ofVirtual().name("weir-warm-up").start(() -> answer(accepted));
            }
        } catch (IOException closed) {
            // It is over.
        }
    }

    private static void answer(Socket accepted) {
        try (accepted) {
            accepted.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(accepted.getInputStream());
            while (readMessage(in)) {
                accepted.getOutputStream().write(ANSWER);
            }
        } catch (IOException ended) {
            // Weir closes its connections as it likes.
        }
    }

    /** Reads a head and as much content as it announces; false at the end. */
    private static boolean readMessage(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.length() < 4 || head.indexOf("\r\n\r\n", head.length() - 4) < 0) {
            int next = in.read();
            if (next < 0) {
                return false;
            }
            head.append((char) next);
        }
        int length = head.toString()
                .lines()
                .filter(line -> line.regionMatches(true, 0, "Content-Length:", 0, 15))
                .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
                .findFirst()
                .orElse(0);
        return in.readNBytes(length).length == length;
    }
}
