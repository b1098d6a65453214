package dev.weir.protocols;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.Quiet;
import dev.weir.testing.RawClient;
import dev.weir.testing.RawHttp2;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * A stream that stalls holds what it may hold and no more, and the other streams of its connection go on as if it were
 * not there. Their rate is compared with that of a connection without such a stream, under the same load at the same time
 * on the same event loop, so that a busy machine slows both.
 */
class StalledStreamsIT {
    /** The window of a stream, when nothing was said of it. */
    private static final int WINDOW = 65_535;

    /** {@code buffer-bytes} of either side. */
    private static final int BUFFER = 65_536;

    /** One read from a socket may lie above the bound. */
    private static final int READ = 262_144;

    private static final int HEADS = 10_000;
    private static final long LONG = 1L << 30;
    private static final int MUCH = 1 << 30;
    private static final int AT_ONCE = 20;
    /** Small answers, each of which is given back to the windows. */
    private static final String TALKATIVE = "http2: { window-updates: 1000000 }";

    private static final String PATIENT = "timeouts: { body-idle: 1h }";

    private static final Duration ROUND = Duration.ofMillis(250);
    private static final int LEAST_ROUNDS = 8;
    private static final int MOST_ROUNDS = 80;
    private static final long LEAST_REQUESTS = 1_000;

    /** Requests of one connection, some at a time, one batch after the other. */
    private static final class Load {
        private final RawHttp2 client;
        private final String path;
        private final AtomicLong completed = new AtomicLong();
        private int stream;

        Load(RawHttp2 client, int firstStream, String path) {
            this.client = client;
            this.stream = firstStream;
            this.path = path;
        }

        private void run(long until) {
            try {
                while (System.nanoTime() - until < 0) {
                    int first = stream;
                    for (int i = 0; i < AT_ONCE; i++, stream += 2) {
                        client.request(stream, false, "POST", path, "content-length", "4")
                                .data(stream, true, "some");
                    }
                    for (int id = first; id < stream; id += 2) {
                        if (!client.message(id).content().equals("ok")) {
                            throw new IOException("not the answer");
                        }
                        completed.incrementAndGet();
                    }
                }
            } catch (IOException failure) {
                throw new java.io.UncheckedIOException(failure);
            }
        }
    }

    /** Runs both at the same time until it is clear that the first one does as much as the second, within a tenth. */
    private static void assertSameRate(Load beside, Load control) throws InterruptedException {
        for (int round = 1; round <= MOST_ROUNDS; round++) {
            long until = System.nanoTime() + ROUND.toNanos();
            Thread one = Thread.ofPlatform().start(() -> beside.run(until));
            Thread other = Thread.ofPlatform().start(() -> control.run(until));
            one.join();
            other.join();
            long least = Math.min(beside.completed.get(), control.completed.get());
            if (round >= LEAST_ROUNDS
                    && least >= LEAST_REQUESTS
                    && beside.completed.get() >= 0.9 * control.completed.get()) {
                return;
            }
        }
        assertThat(beside.completed.get())
                .as("requests beside a stalled stream, of %d without it", control.completed.get())
                .isGreaterThanOrEqualTo(control.completed.get() * 9 / 10);
    }

    /** The sum of the series when it has ceased to grow. */
    private static double settled(RunningWeir weir, String series) {
        double[] before = {-1};
        await().pollInterval(Duration.ofMillis(200)).until(() -> {
            double now = Quiet.sum(weir.metrics(), series);
            boolean same = now == before[0] && now > WINDOW;
            before[0] = now;
            return same;
        });
        return before[0];
    }

    @Test
    void clientThatTakesNothingOfOneStream_holdsABoundedPartAndHindersNoOther() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    while (true) {
                        String head = connection.readMessage().head();
                        if (head.isEmpty()) {
                            return;
                        }
                        if (!head.startsWith("GET /big ")) {
                            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                            continue;
                        }
                        connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + LONG + "\r\n\r\n");
                        byte[] piece = new byte[65_536];
                        for (long sent = 0; sent < LONG; sent += piece.length) {
                            connection.send(piece);
                        }
                    }
                });
                RunningWeir weir = RunningWeir.before("http: [h2]\n" + TALKATIVE + "\n" + PATIENT, PATIENT, server);
                RawHttp2 slow = RawHttp2.client(weir.connect()).windowUpdate(0, MUCH);
                RawHttp2 control = RawHttp2.client(weir.connect()).windowUpdate(0, MUCH)) {
            slow.request(1, true, "GET", "/big");
            assertThat(settled(weir, "weir_upstream_received_bytes_total{")).isLessThan(WINDOW + BUFFER + READ + HEADS);

            assertSameRate(new Load(slow, 3, "/small"), new Load(control, 1, "/small"));
        }
    }

    @Test
    void serverThatTakesNothingOfOneStream_holdsABoundedPartAndHindersNoOther() throws Exception {
        ScriptedServer.Script script = connection -> {
            RawHttp2 http = RawHttp2.server(connection).windowUpdate(0, MUCH);
            for (RawHttp2.Frame frame = http.next(); frame != null; frame = http.next()) {
                if (frame.type() == RawHttp2.DATA && frame.has(RawHttp2.END_STREAM)) {
                    http.headers(frame.stream(), false, ":status", "200").data(frame.stream(), true, "ok");
                }
            }
        };
        try (ScriptedServer stalling = ScriptedServer.of(script);
                ScriptedServer other = ScriptedServer.of(script);
                RunningWeir weir =
                        RunningWeir.of("""
                        event-loops: 1
                        admin: { bind: "127.0.0.1:0" }
                        shutdown: { deadline: 1s }
                        listeners: [{ bind: "127.0.0.1:0", http: [h2, http/1.1], %4$s, %1$s }]
                        routes:
                          - { match: { path: "/control" }, pool: control }
                          - { pool: web }
                        pools:
                          web: { health: off, servers: ["%2$s"], http: [h2], %1$s }
                          control: { health: off, servers: ["%3$s"], http: [h2], %1$s }
                        """.formatted(PATIENT, stalling.address(), other.address(), TALKATIVE));
                RawClient upload = weir.connect();
                RawHttp2 beside = RawHttp2.client(weir.connect()).windowUpdate(0, MUCH);
                RawHttp2 control = RawHttp2.client(weir.connect()).windowUpdate(0, MUCH)) {
            Thread sending = Thread.ofVirtual().start(() -> {
                try {
                    upload.send("POST /stall HTTP/1.1\r\nHost: a\r\nContent-Length: " + LONG + "\r\n\r\n");
                    while (true) {
                        upload.send(new byte[65_536]);
                    }
                } catch (IOException closed) {
                    // The test is over.
                }
            });
            assertThat(settled(weir, "weir_downstream_received_bytes_total"))
                    .isLessThan(WINDOW + BUFFER + READ + HEADS);

            assertSameRate(new Load(beside, 1, "/"), new Load(control, 1, "/control"));
            assertThat(stalling.accepted()).as("connections with the server").isEqualTo(1);
            assertThat(sending.isAlive()).isTrue();
        }
    }
}
