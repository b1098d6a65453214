package dev.weir.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.Http;
import dev.weir.testing.IdleClosingServer;
import dev.weir.testing.Quiet;
import dev.weir.testing.RunningWeir;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Servers that close connections between requests, under load: no client may see it, and nothing is done twice. */
class IdleCloseRaceIT {
    private static final int CLIENTS = 12;
    private static final long SECONDS = 5;
    /** Between two requests of a client, on average: some 1,000 requests a second in all. */
    private static final long MEAN_PAUSE_NANOS = 11_000_000;

    private final Queue<String> errors = new ConcurrentLinkedQueue<>();
    private final Queue<String> answered = new ConcurrentLinkedQueue<>();

    @Test
    void serverClosesAfter50Millis_mixedLoad_noClientSeesIt() throws Exception {
        try (IdleClosingServer server = IdleClosingServer.after(Duration.ofMillis(50))) {
            load(server);
        }
    }

    @Test
    void serverClosesAfter4Millis_mixedLoad_noClientSeesIt() throws Exception {
        try (IdleClosingServer server = IdleClosingServer.after(Duration.ofMillis(4))) {
            load(server);
        }
    }

    @Test
    void serverClosesAllIdleEvery50Millis_mixedLoad_noClientSeesIt() throws Exception {
        try (IdleClosingServer server = IdleClosingServer.every(Duration.ofMillis(50))) {
            load(server);
        }
    }

    private void load(IdleClosingServer server) throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        try (RunningWeir weir = RunningWeir.of("""
                event-loops: 2
                admin: { bind: "127.0.0.1:0" }
                listeners: [{ bind: "127.0.0.1:0" }]
                pools: { web: { health: off, servers: ["%s"] } }
                """.formatted(server.address()))) {
            List<Thread> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                int client = i;
                clients.add(Thread.ofVirtual().start(() -> run(weir.port(), client, new Random(seed + client))));
            }
            for (Thread client : clients) {
                client.join();
            }
            assertThat(errors).isEmpty();
            assertThat(answered).hasSizeGreaterThan(300);
            assertThat(answered)
                    .filteredOn(line -> line.startsWith("POST"))
                    .allSatisfy(line ->
                            assertThat(server.processed().get(line)).as(line).hasValue(1));
            System.out.println(answered.size() + " requests, " + server.accepted() + " connections, "
                    + Quiet.sum(weir.metrics(), "weir_upstream_retries_total{") + " retries");
            Quiet.awaitQuiet(weir);
        }
    }

    private void run(int port, int client, Random random) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(30_000);
            socket.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(socket.getInputStream());
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
            for (int n = 0; System.nanoTime() < end; n++) {
                String line = (random.nextBoolean() ? "GET /" : "POST /") + client + "/" + n + " HTTP/1.1";
                exchange(socket, in, line);
                LockSupport.parkNanos(random.nextLong(2 * MEAN_PAUSE_NANOS));
            }
        } catch (IOException failure) {
            errors.add(failure.toString());
        }
    }

    private void exchange(Socket socket, InputStream in, String line) throws IOException {
        String rest = line.startsWith("POST") ? "\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" : "\r\nHost: a\r\n\r\n";
        socket.getOutputStream().write((line + rest).getBytes(StandardCharsets.US_ASCII));
        String head = Http.head(in);
        String content = new String(in.readNBytes(Http.contentLength(head)), StandardCharsets.US_ASCII);
        if (head.startsWith("HTTP/1.1 200 ") && content.equals("ok")) {
            answered.add(line);
        } else {
            errors.add(line + ": " + head + content);
        }
    }
}
