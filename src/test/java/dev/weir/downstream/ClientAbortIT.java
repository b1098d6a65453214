package dev.weir.downstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Clients that go away, and those that only end their sending side. */
class ClientAbortIT {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    /** Reads a head, tells so, then waits for the end of the connection and tells that. */
    private static ScriptedServer waiting(CompletableFuture<Boolean> asked, CompletableFuture<Boolean> ended)
            throws Exception {
        return ScriptedServer.of(connection -> {
            connection.readHead();
            asked.complete(true);
            connection.readToEnd();
            ended.complete(true);
        });
    }

    @Test
    void clientResets_whileTheServerThinks_serverIsToldQuickly() throws Exception {
        CompletableFuture<Boolean> asked = new CompletableFuture<>();
        CompletableFuture<Boolean> ended = new CompletableFuture<>();
        try (ScriptedServer server = waiting(asked, ended);
                RunningWeir weir = RunningWeir.before("timeouts: { half-closed: 1h }", "", server);
                RawClient client = weir.connect()) {
            client.send(GET);
            asked.get();
            client.reset();
            assertThat(ended.get(20, TimeUnit.SECONDS)).isTrue();
            await().untilAsserted(() -> assertThat(weir.metrics()).contains("client-aborted"));
        }
    }

    @Test
    void clientCloses_whileTheServerThinks_serverIsToldAfterTheHalfClosedTime() throws Exception {
        CompletableFuture<Boolean> asked = new CompletableFuture<>();
        CompletableFuture<Boolean> ended = new CompletableFuture<>();
        try (ScriptedServer server = waiting(asked, ended);
                RunningWeir weir = RunningWeir.before("timeouts: { half-closed: 100ms }", "", server);
                RawClient client = weir.connect()) {
            client.send(GET);
            asked.get();
            client.socket().close();
            assertThat(ended.get(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void clientCloses_inTheMiddleOfItsBody_serverIsToldAtOnce() throws Exception {
        CompletableFuture<Boolean> asked = new CompletableFuture<>();
        CompletableFuture<Boolean> ended = new CompletableFuture<>();
        try (ScriptedServer server = waiting(asked, ended);
                RunningWeir weir = RunningWeir.before("timeouts: { half-closed: 1h }", "", server);
                RawClient client = weir.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
            asked.get();
            client.socket().close();
            assertThat(ended.get(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void clientCloses_inTheMiddleOfTheResponse_serverIsTold() throws Exception {
        CompletableFuture<Boolean> ended = new CompletableFuture<>();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
                    try {
                        for (int i = 0; i < 1000; i++) {
                            connection.send(new byte[1_000_000]);
                        }
                    } catch (IOException cut) {
                        ended.complete(true);
                    }
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send(GET);
            client.readHead();
            client.socket().close();
            assertThat(ended.get(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void clientEndsItsSendingSide_getsAQuickAnswerAndAnEnd() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before("timeouts: { half-closed: 20s }", "", server);
                RawClient client = weir.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab");
            client.sendEnd();
            assertThat(client.readMessage().content()).endsWith("\r\n\r\nab");
            assertThat(client.endsOrderly()).isTrue();
        }
    }

    @Test
    void clientEndsItsSendingSide_longResponseArrivesWhole() throws Exception {
        int length = 20_000_000;
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection
                            .send("HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n")
                            .send(new byte[length]);
                });
                RunningWeir weir = RunningWeir.before("timeouts: { half-closed: 100ms }", "", server);
                RawClient client = weir.connect()) {
            client.send(GET);
            client.readHead();
            client.sendEnd();
            // Longer than the time that a half-closed client is given: the client is slow, not gone.
            assertThat(new CompletableFuture<Boolean>()
                            .completeOnTimeout(true, 400, TimeUnit.MILLISECONDS)
                            .get())
                    .isTrue();
            assertThat(client.read(length).length).isEqualTo(length);
            assertThat(client.endsOrderly()).isTrue();
        }
    }

    @Test
    void clientEndsItsSendingSide_withinAHead_isClosed() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send("GET / HT");
            client.sendEnd();
            assertThat(client.readToEnd()).isEmpty();
        }
    }

    @Test
    void manyClientsThatGoAway_leaveNothingBehind() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(RawClient::readToEnd);
                RunningWeir weir = RunningWeir.before("timeouts: { half-closed: 50ms }", "", server)) {
            for (int i = 0; i < 100; i++) {
                RawClient client = weir.connect();
                client.send(
                        i % 3 == 0
                                ? GET
                                : i % 3 == 1 ? "GET /" : "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx");
                if (i % 2 == 0) {
                    client.reset();
                } else {
                    client.close();
                }
            }
            await().until(() -> weir.metric("weir_downstream_connections_open") == 0 || server.open() == 0);
            await().until(() -> weir.metric("weir_requests_in_flight") == 0);
            await().until(() -> server.open() == 0);
        }
    }
}
