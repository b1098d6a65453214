package dev.weir.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.FaultyRelay;
import dev.weir.testing.Quiet;
import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Servers that stall, in each phase. */
class ServerTimeoutsIT {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    private static double failures(RunningWeir weir, String cause) throws Exception {
        return Quiet.sum(weir.metrics(), "weir_failures_total{cause=\"" + cause + "\"");
    }

    @Test
    void noAnswer_504AfterFirstByteTimeout() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(RawClient::readToEnd);
                RunningWeir weir = RunningWeir.before("", "timeouts: { first-byte: 100ms }", server)) {
            long start = System.nanoTime();
            assertThat(weir.exchange(GET))
                    .startsWith("HTTP/1.1 504 ")
                    .contains("error=http_response_timeout; details=\"first-byte-timeout\"");
            assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isBetween(100L, 20_000L);
            assertThat(server.accepted()).as("not given to another connection").isEqualTo(1);
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void halfOfAHead_504AfterFirstByteTimeout() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nContent-");
                    connection.readToEnd();
                });
                RunningWeir weir = RunningWeir.before("", "timeouts: { first-byte: 100ms }", server)) {
            assertThat(weir.exchange(GET)).startsWith("HTTP/1.1 504 ");
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void slowAnswerWithinTheTimeout_isRelayed() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                FaultyRelay relay = FaultyRelay.before(
                        server.port(), FaultyRelay.passing(), FaultyRelay.delayed(Duration.ofMillis(100)));
                RunningWeir weir = behind(relay, "timeouts: { first-byte: 5s }")) {
            assertThat(weir.exchange(GET)).endsWith("ok");
        }
    }

    @Test
    void bodyStalls_clientIsCut() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\npart");
                    connection.readToEnd();
                });
                RunningWeir weir = RunningWeir.before("", "timeouts: { body-idle: 100ms }", server)) {
            assertThat(weir.exchange(GET)).startsWith("HTTP/1.1 200 ").endsWith("part");
            assertThat(failures(weir, "response-body-timeout")).isEqualTo(1);
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void chunkLineTrickles_withoutContent_clientIsCut() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n4;");
                    CountDownLatch never = new CountDownLatch(1);
                    while (!never.await(20, TimeUnit.MILLISECONDS)) {
                        connection.send("x");
                    }
                });
                RunningWeir weir = RunningWeir.before("", "timeouts: { body-idle: 200ms }", server)) {
            assertThat(weir.exchange(GET)).endsWith("4\r\npart\r\n");
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void serverStopsReadingAnUpload_504() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    over.await();
                });
                RunningWeir weir = RunningWeir.before("", "timeouts: { body-idle: 200ms }", server)) {
            try (RawClient client = weir.connect()) {
                Thread upload = Thread.ofVirtual().start(() -> uploadForever(client));
                assertThat(client.readMessage().head())
                        .startsWith("HTTP/1.1 504 ")
                        .contains("error=connection_write_timeout; details=\"server-write-timeout\"");
                client.close();
                upload.join();
            }
            Quiet.awaitQuiet(weir);
            over.countDown();
        }
    }

    private static void uploadForever(RawClient client) {
        try {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
            while (true) {
                client.send(new byte[100_000]);
            }
        } catch (java.io.IOException closed) {
            // Weir has answered.
        }
    }

    /** The server's deadline must not run while it is the client that holds the response up. */
    @Test
    void clientReadsSlowly_manyChunksInABuffer_serverIsNotBlamed() throws Exception {
        String chunk = "400\r\n" + "x".repeat(1024) + "\r\n";
        int chunks = 20_000;
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                    for (int i = 0; i < chunks; i++) {
                        connection.send(chunk);
                    }
                    connection.send("0\r\n\r\n");
                });
                RunningWeir weir = RunningWeir.before("", "timeouts: { body-idle: 1500ms }", server);
                RawClient client = weir.connect()) {
            client.send(GET);
            assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
            // Longer than the server's deadline, with all buffers between the two full.
            assertThat(new CountDownLatch(1).await(3, TimeUnit.SECONDS)).isFalse();
            String rest = client.readToEnd();
            assertThat(rest).endsWith("\r\n0\r\n\r\n");
            assertThat(rest.chars().filter(each -> each == 'x').count()).isEqualTo(1024L * chunks);
        }
    }

    private static RunningWeir behind(FaultyRelay relay, String poolKeys) {
        return RunningWeir.of("""
                event-loops: 1
                admin: { bind: "127.0.0.1:0" }
                listeners: [{ bind: "127.0.0.1:0" }]
                pools: { web: { health: off, servers: ["%s"], %s } }
                """.formatted(relay.address(), poolKeys));
    }
}
