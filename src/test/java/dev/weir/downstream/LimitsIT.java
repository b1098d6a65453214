package dev.weir.downstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What a client may send or hold, and that slow readers hold back fast writers. */
class LimitsIT {
    /** More than any kernel holds between two sockets of one machine. */
    private static final long ENDLESS = 500_000_000;
    /** What kernel buffers (a few MiB each) and Weir's bounds take together, generously. */
    private static final long BOUND = 40_000_000;

    @Test
    void headers_asManyAsAllowed_passAndOneMoreDoesNot() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before("limits: { headers: 5 }", "", server)) {
            String start = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
            assertThat(weir.exchange(start + "x: y\r\n".repeat(3) + "\r\n")).startsWith("HTTP/1.1 200 ");
            assertThat(weir.exchange(start + "x: y\r\n".repeat(4) + "\r\n")).startsWith("HTTP/1.1 431 ");
        }
    }

    @Test
    void headerBytes_moreThanAllowed_areRefusedBeforeTheHeadEnds() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before("limits: { header-bytes: 1KiB }", "", server)) {
            assertThat(weir.exchange(
                            "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nx: " + "y".repeat(900) + "\r\n\r\n"))
                    .startsWith("HTTP/1.1 200 ");
            assertThat(weir.exchange("GET / HTTP/1.1\r\nHost: a\r\nx: " + "y".repeat(1024)))
                    .startsWith("HTTP/1.1 431 ");
        }
    }

    @Test
    void requestLine_longerThanAllowed_isRefusedBeforeItEnds() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before("limits: { request-line-bytes: 256B }", "", server)) {
            assertThat(weir.exchange("GET /" + "x".repeat(300))).startsWith("HTTP/1.1 414 ");
            assertThat(server.accepted()).isZero();
        }
    }

    @Test
    void body_longerThanAllowedByItsLength_isRefusedUnsent() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before("limits: { body-bytes: 10 }", "", server);
                RawClient client = weir.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789");
            assertThat(client.readMessage().status()).isEqualTo(200);
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");
            RawClient.Message refusal = client.readMessage();
            assertThat(refusal.status()).isEqualTo(413);
            assertThat(refusal.header("connection")).isEqualTo("close");
            client.send("01234567890");
            assertThat(client.endsOrderly()).isTrue();
        }
    }

    @Test
    void body_longerThanAllowedInChunks_isRefusedAndTheServersRequestCut() throws Exception {
        CompletableFuture<String> seen = new CompletableFuture<>();
        try (ScriptedServer server = ScriptedServer.of(connection -> seen.complete(connection.readToEnd()));
                RunningWeir weir = RunningWeir.before("limits: { body-bytes: 10 }", "", server);
                RawClient client = weir.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n01234567\r\n");
            client.send("3\r\n890\r\n0\r\n\r\n");
            assertThat(client.readMessage().status()).isEqualTo(413);
            assertThat(client.endsOrderly()).isTrue();
            if (server.accepted() > 0) {
                assertThat(seen.get()).doesNotContain("\r\n0\r\n");
            }
        }
    }

    @Test
    void connections_oneMoreThanAllowed_isToldSoAndClosed() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before("limits: { connections: 2 }", "", server);
                RawClient first = weir.connect()) {
            first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(first.readMessage().status()).isEqualTo(200);
            try (RawClient second = weir.connect()) {
                second.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                assertThat(second.readMessage().status()).isEqualTo(200);
                try (RawClient third = weir.connect()) {
                    RawClient.Message refusal = third.readMessage();
                    assertThat(refusal.status()).isEqualTo(503);
                    assertThat(refusal.header("proxy-status"))
                            .isEqualTo("weir; error=connection_limit_reached; details=\"connection-limit\"");
                    assertThat(third.endsOrderly()).isTrue();
                }
            }
            // The second has left: there is room again.
            await().ignoreExceptionsInstanceOf(IOException.class).untilAsserted(() -> {
                try (RawClient fourth = weir.connect()) {
                    fourth.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                    assertThat(fourth.readMessage().status()).isEqualTo(200);
                }
            });
        }
    }

    /** Sends without end in a thread of its own and counts what was taken. */
    private static AtomicLong pour(RawClient into) {
        AtomicLong taken = new AtomicLong();
        byte[] piece = new byte[64 << 10];
        Thread.ofVirtual().start(() -> {
            try {
                while (taken.get() < ENDLESS) {
                    into.send(piece);
                    taken.addAndGet(piece.length);
                }
            } catch (IOException over) {
                // The test has seen enough.
            }
        });
        return taken;
    }

    /** Waits until nothing more is taken, and checks that this came soon. */
    private static void expectStandstill(AtomicLong taken) {
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            long before = taken.get();
            await().pollDelay(Duration.ofMillis(400)).until(() -> true);
            return before > 0 && taken.get() == before;
        });
        assertThat(taken.get()).isLessThan(BOUND);
    }

    @Test
    void clientThatDoesNotRead_holdsTheServerBackAndGetsAllLater() throws Exception {
        CompletableFuture<AtomicLong> poured = new CompletableFuture<>();
        CompletableFuture<Boolean> over = new CompletableFuture<>();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + ENDLESS + "\r\n\r\n");
                    poured.complete(pour(connection));
                    over.get();
                });
                RunningWeir weir = RunningWeir.before(server)) {
            try (RawClient client = weir.connect()) {
                client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
                expectStandstill(poured.get());
                assertThat(client.read((int) BOUND).length).isEqualTo((int) BOUND);
            }
            over.complete(true);
        }
    }

    @Test
    void serverThatDoesNotRead_holdsTheClientBack() throws Exception {
        CompletableFuture<Boolean> goOn = new CompletableFuture<>();
        CompletableFuture<Integer> seen = new CompletableFuture<>();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    goOn.get();
                    seen.complete(connection.read((int) BOUND).length);
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + ENDLESS + "\r\n\r\n");
            expectStandstill(pour(client));
            goOn.complete(true);
            assertThat(seen.get()).isEqualTo((int) BOUND);
        }
    }

    @Test
    void pipeline_longerThanAllowed_isNotReadFurther() throws Exception {
        CompletableFuture<Boolean> over = new CompletableFuture<>();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    over.get();
                });
                RunningWeir weir = RunningWeir.before("limits: { pipeline-bytes: 1KiB }", "", server);
                RawClient client = weir.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            expectStandstill(pour(client));
            over.complete(true);
        }
    }

    @Test
    void eventStream_dribbled_arrivesPieceByPiece() throws Exception {
        SynchronousQueue<String> pieces = new SynchronousQueue<>();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send(
                            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
                    while (true) {
                        String piece = pieces.take();
                        connection.send(Integer.toHexString(piece.length()) + "\r\n" + piece + "\r\n");
                    }
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            client.readHead();
            for (int i = 0; i < 5; i++) {
                pieces.put("data: " + i + "\n\n");
                assertThat(client.readThrough("\n\n\r\n")).isEqualTo("9\r\ndata: " + i + "\n\n\r\n");
            }
        }
    }

    @Test
    void uploadDribbledByteByByte_isAnsweredAndHoldsLittle() throws Exception {
        int bytes = 20_000;
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.read(bytes);
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + bytes + "\r\n\r\n");
            long before = usedDirectMemory();
            long most = 0;
            for (int i = 0; i < bytes; i++) {
                client.send("x");
                most = i % 1000 == 0 ? Math.max(most, usedDirectMemory()) : most;
            }
            assertThat(client.readMessage().status()).isEqualTo(200);
            assertThat(most - before).isLessThan(64 << 20);
        }
    }

    private static long usedDirectMemory() {
        return PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory();
    }
}
