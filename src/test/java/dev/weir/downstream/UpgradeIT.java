package dev.weir.downstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tunnels behind a 101: bytes both ways, ends, resets. */
class UpgradeIT {
    private static final String UPGRADE =
            "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n";
    private static final String SWITCHING =
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    private static final int LARGE = 5_000_000;

    /** Switches protocols, then does what the script says. */
    private static ScriptedServer switching(ScriptedServer.Script then) throws Exception {
        return ScriptedServer.of(connection -> {
            connection.readHead();
            connection.send(SWITCHING);
            then.serve(connection);
        });
    }

    private static RawClient upgraded(RunningWeir weir) throws Exception {
        RawClient client = weir.connect();
        client.send(UPGRADE);
        assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
        return client;
    }

    @Test
    void upgrade_accepted_isPassedOnInBothHeads() throws Exception {
        CompletableFuture<String> head = new CompletableFuture<>();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    head.complete(connection.readHead());
                    connection.send(SWITCHING);
                    connection.send(connection.readText(4));
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send(UPGRADE);
            assertThat(client.readHead())
                    .startsWith("HTTP/1.1 101 Switching Protocols\r\n")
                    .containsIgnoringCase("\r\nconnection: upgrade\r\n")
                    .containsIgnoringCase("\r\nupgrade: websocket\r\n");
            assertThat(head.get())
                    .containsIgnoringCase("\r\nconnection: upgrade\r\n")
                    .containsIgnoringCase("\r\nupgrade: websocket\r\n");
            client.send("ping");
            assertThat(client.readText(4)).isEqualTo("ping");
        }
    }

    @Test
    void earlyBytes_bothWays_arrive() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send(SWITCHING + "first");
                    connection.send(connection.readText(5));
                    connection.readToEnd();
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send(UPGRADE + "early");
            client.readHead();
            assertThat(client.readText(10)).isEqualTo("firstearly");
        }
    }

    @Test
    void clientEndsItsHalf_theServersGoesOn() throws Exception {
        try (ScriptedServer server = switching(connection -> {
                    String all = connection.readToEnd();
                    connection.send("got " + all);
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = upgraded(weir)) {
            client.send("hello");
            client.sendEnd();
            assertThat(client.readText(9)).isEqualTo("got hello");
            assertThat(client.endsOrderly()).isTrue();
        }
    }

    @Test
    void serverEndsItsHalf_theClientsGoesOn() throws Exception {
        CompletableFuture<String> seen = new CompletableFuture<>();
        try (ScriptedServer server = switching(connection -> {
                    connection.send("bye");
                    connection.sendEnd();
                    seen.complete(connection.readToEnd());
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = upgraded(weir)) {
            assertThat(client.readText(4)).isEqualTo("bye");
            client.send("still ").send("here");
            client.sendEnd();
            assertThat(seen.get(20, TimeUnit.SECONDS)).isEqualTo("still here");
            assertThat(client.endsOrderly()).isTrue();
        }
    }

    @Test
    void serverSendsMuchAndEnds_slowClientGetsAll() throws Exception {
        byte[] sent = new byte[LARGE];
        new Random(1).nextBytes(sent);
        CompletableFuture<Boolean> allSent = new CompletableFuture<>();
        try (ScriptedServer server = switching(connection -> {
                    connection.send(sent);
                    connection.sendEnd();
                    allSent.complete(true);
                    connection.readToEnd();
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = upgraded(weir)) {
            byte[] first = client.read(LARGE / 2);
            byte[] second = client.read(LARGE / 2);
            allSent.get(20, TimeUnit.SECONDS);
            assertThat(client.read()).isEqualTo(-1);
            assertThat(Arrays.equals(first, Arrays.copyOf(sent, LARGE / 2))).isTrue();
            assertThat(Arrays.equals(second, Arrays.copyOfRange(sent, LARGE / 2, LARGE)))
                    .isTrue();
        }
    }

    @Test
    void clientSendsMuchAndEnds_slowServerGetsAllThoughItEndedFirst() throws Exception {
        byte[] sent = new byte[LARGE];
        new Random(2).nextBytes(sent);
        CompletableFuture<Boolean> goOn = new CompletableFuture<>();
        CompletableFuture<byte[]> seen = new CompletableFuture<>();
        try (ScriptedServer server = switching(connection -> {
                    connection.sendEnd();
                    goOn.get(20, TimeUnit.SECONDS);
                    seen.complete(connection.read(LARGE + 1));
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = upgraded(weir)) {
            Thread sender = Thread.ofVirtual().start(() -> {
                try {
                    client.send(sent);
                    client.sendEnd();
                } catch (IOException failure) {
                    seen.completeExceptionally(failure);
                }
            });
            assertThat(client.read()).isEqualTo(-1);
            goOn.complete(true);
            assertThat(Arrays.equals(seen.get(20, TimeUnit.SECONDS), sent)).isTrue();
            sender.join();
        }
    }

    @Test
    void clientResets_serverIsReset() throws Exception {
        CompletableFuture<Boolean> orderly = new CompletableFuture<>();
        try (ScriptedServer server = switching(connection -> orderly.complete(connection.endsOrderly()));
                RunningWeir weir = RunningWeir.before(server)) {
            RawClient client = upgraded(weir);
            client.reset();
            assertThat(orderly.get(20, TimeUnit.SECONDS)).isFalse();
        }
    }

    @Test
    void serverResets_clientIsReset() throws Exception {
        try (ScriptedServer server = switching(connection -> {
                    connection.read();
                    connection.reset();
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = upgraded(weir)) {
            client.send("x");
            assertThat(client.endsOrderly()).isFalse();
        }
    }

    @Test
    void tunnelSilent_forItsTime_isCut() throws Exception {
        try (ScriptedServer server = switching(RawClient::readToEnd);
                RunningWeir weir = RunningWeir.before("timeouts: { tunnel-idle: 200ms }", "", server);
                RawClient client = upgraded(weir)) {
            assertThat(client.endsOrderly()).isFalse();
            weir.awaitMetric("weir_tunnels_open", 0);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Execution(ExecutionMode.CONCURRENT) // it mostly waits
    void tunnelUsedInOneDirectionOnly_outlivesItsIdleTime(boolean fromClient) throws Exception {
        CompletableFuture<Integer> seen = new CompletableFuture<>();
        ScriptedServer.Script dribble = connection -> {
            for (int i = 0; i < 24; i++) {
                connection.send("x");
                LockSupport.parkNanos(120_000_000);
            }
            connection.sendEnd();
        };
        try (ScriptedServer server =
                        switching(fromClient ? c -> seen.complete(c.readToEnd().length()) : dribble);
                RunningWeir weir =
                        RunningWeir.before("timeouts: { tunnel-idle: 2s }", "timeouts: { tunnel-idle: 2s }", server);
                RawClient client = upgraded(weir)) {
            if (fromClient) {
                dribble.serve(client);
                assertThat(seen.get(20, TimeUnit.SECONDS)).isEqualTo(24);
            } else {
                assertThat(client.readToEnd()).hasSize(24);
            }
        }
    }

    @Test
    void upgradeToH2c_isNotPassedOn() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                    + "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n");
            assertThat(client.readMessage().content())
                    .doesNotContainIgnoringCase("upgrade")
                    .doesNotContainIgnoringCase("http2");
        }
    }

    @Test
    void upgradeDeclined_theAnswerIsPlainAndTheConnectionGoesOn() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno");
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            for (int i = 0; i < 2; i++) {
                client.send(UPGRADE);
                assertThat(client.readMessage().content()).isEqualTo("no");
            }
        }
    }

    @Test
    void switchUnasked_isABadGateway() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(SWITCHING);
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            RawClient.Message response = client.readMessage();
            assertThat(response.status()).isEqualTo(502);
            assertThat(response.header("proxy-status")).contains("http_upgrade_failed");
        }
    }
}
