package dev.weir.downstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.Programs;
import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import dev.weir.testing.TestAuthority;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS that is passed on to a pool by its server name, still encrypted. */
class PassthroughIT {
    private static final String GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

    @TempDir
    private Path directory;

    private TestAuthority authority;
    private TestAuthority.Issued behind;
    private TestAuthority.Issued own;

    @BeforeEach
    void issue() throws Exception {
        authority = TestAuthority.in(directory);
        behind = authority.server("behind.example", "a.wild.example");
        own = authority.server("own.example");
    }

    private RunningWeir weir(String more, String passedServers, ScriptedServer web) {
        return RunningWeir.of("""
                event-loops: 1
                admin: { bind: "127.0.0.1:0" }
                access-log: { path: "%s", format: json }
                listeners:
                  - bind: "127.0.0.1:0"
                    http: [http/1.1]
                    %s
                    tls:
                      certificates: [%s]
                      passthrough:
                        - { server-name: behind.example, pool: passed }
                        - { server-name: "*.wild.example", pool: passed }
                routes: [{ pool: web }]
                pools:
                  web: { health: off, servers: ["%s"] }
                  passed: { health: off, queue: { requests: 0 }, servers: [%s] }
                """.formatted(directory.resolve("log"), more, own.yaml(), web.address(), passedServers));
    }

    private static String quoted(ScriptedServer server) {
        return '"' + server.address() + '"';
    }

    private ScriptedServer tlsEcho() throws Exception {
        return ScriptedServer.tls(behind.context(), ScriptedServer::echo);
    }

    @Test
    void names_exactAndBelowAStar_reachThePoolAndOthersTheCertificate() throws Exception {
        try (ScriptedServer web = ScriptedServer.echoing();
                ScriptedServer passed = tlsEcho();
                RunningWeir weir = weir("", quoted(passed), web)) {
            for (String name : new String[] {"behind.example", "a.wild.example", "own.example"}) {
                try (RawClient client = RawClient.tls(weir.port(), authority.trusting(), name)) {
                    assertThat(client.send(GET).readMessage().status()).as(name).isEqualTo(200);
                }
            }
            assertThat(passed.accepted()).isEqualTo(2);
            assertThat(web.accepted()).isEqualTo(1);
            await().untilAsserted(() -> {
                assertThat(weir.metric("weir_downstream_tls_handshakes_total{result=\"passed-on\"}"))
                        .isEqualTo(2);
                assertThat(weir.metric("weir_tunnels_open")).isZero();
                assertThat(weir.metric(
                                "weir_server_requests_in_flight{pool=\"passed\",server=\"" + passed.address() + "\"}"))
                        .isZero();
                assertThat(Files.readString(directory.resolve("log")).lines())
                        .filteredOn(line -> line.contains("\"pool\":\"passed\""))
                        .hasSize(2)
                        .allMatch(line -> line.contains("\"cause\":null"));
            });
        }
    }

    @Test
    void firstServerDown_theNextGetsTheConnection() throws Exception {
        String dead = "\"127.0.0.1:" + Programs.freePort() + "\"";
        try (ScriptedServer web = ScriptedServer.echoing();
                ScriptedServer passed = tlsEcho();
                RunningWeir weir = weir("", dead + ", " + quoted(passed), web)) {
            for (int i = 0; i < 4; i++) {
                try (RawClient client = RawClient.tls(weir.port(), authority.trusting(), "behind.example")) {
                    assertThat(client.send(GET).readMessage().status()).isEqualTo(200);
                }
            }
            assertThat(passed.accepted()).isEqualTo(4);
        }
    }

    @Test
    void allServersDown_theConnectionIsCutAndTheCauseCounted() throws Exception {
        String dead = "\"127.0.0.1:" + Programs.freePort() + "\"";
        try (ScriptedServer web = ScriptedServer.echoing();
                RunningWeir weir = weir("", dead, web)) {
            assertThatThrownBy(() -> RawClient.tls(weir.port(), authority.trusting(), "behind.example"))
                    .isInstanceOf(IOException.class);
            await().untilAsserted(() -> {
                assertThat(weir.metric("weir_failures_total{cause=\"connect-refused\",side=\"server\"}"))
                        .isEqualTo(1);
                assertThat(weir.metric("weir_downstream_connections_open")).isZero();
            });
        }
    }

    @Test
    void halfClose_passesBothWays() throws Exception {
        CompletableFuture<String> seen = new CompletableFuture<>();
        try (ScriptedServer web = ScriptedServer.echoing();
                ScriptedServer passed = ScriptedServer.of(connection -> {
                    seen.complete(connection.readToEnd());
                    connection.send("answer");
                });
                RunningWeir weir = weir("", quoted(passed), web);
                RawClient client = weir.connect()) {
            byte[] hello = hello("behind.example");
            client.send(hello);
            client.sendEnd();
            assertThat(client.readToEnd()).isEqualTo("answer");
            assertThat(seen.get(30, TimeUnit.SECONDS)).hasSize(hello.length);
        }
    }

    @Test
    void helloInSmallPieces_isUnderstood() throws Exception {
        CompletableFuture<String> seen = new CompletableFuture<>();
        try (ScriptedServer web = ScriptedServer.echoing();
                ScriptedServer passed = ScriptedServer.of(connection -> seen.complete(connection.readToEnd()));
                RunningWeir weir = weir("", quoted(passed), web);
                RawClient client = weir.connect()) {
            byte[] hello = hello("behind.example");
            for (byte each : hello) {
                client.send(new byte[] {each});
            }
            client.sendEnd();
            assertThat(seen.get(30, TimeUnit.SECONDS)).hasSize(hello.length);
        }
    }

    @Test
    void halfAHello_thenSilence_endsAtTheDeadline() throws Exception {
        try (ScriptedServer web = ScriptedServer.echoing();
                RunningWeir weir = weir("timeouts: { handshake: 200ms }", "", web);
                RawClient client = weir.connect()) {
            byte[] hello = hello("behind.example");
            client.send(java.util.Arrays.copyOf(hello, hello.length / 2));
            assertThat(client.readToEnd()).isEmpty();
            await().untilAsserted(
                            () -> assertThat(weir.metric("weir_downstream_tls_handshakes_total{result=\"timeout\"}"))
                                    .isEqualTo(1));
        }
    }

    @Test
    void silentTunnel_endsAtItsDeadline() throws Exception {
        try (ScriptedServer web = ScriptedServer.echoing();
                ScriptedServer passed = ScriptedServer.of(RawClient::readToEnd);
                RunningWeir weir = weir("timeouts: { tunnel-idle: 200ms }", quoted(passed), web);
                RawClient client = weir.connect()) {
            client.send(hello("behind.example"));
            client.readToEnd();
            await().untilAsserted(() -> assertThat(
                            weir.metric("weir_failures_total{cause=\"tunnel-idle-timeout\",side=\"proxy\"}"))
                    .isEqualTo(1));
        }
    }

    @Test
    void slowClient_holdsTheServerBack() throws Exception {
        try (ScriptedServer web = ScriptedServer.echoing();
                ScriptedServer passed = ScriptedServer.of(connection -> {
                    connection.read();
                    byte[] piece = new byte[100_000];
                    for (int i = 0; i < 1000; i++) {
                        connection.send(piece);
                    }
                });
                RunningWeir weir = weir("", quoted(passed), web);
                RawClient client = weir.connect()) {
            client.send(hello("behind.example"));
            double[] before = {0};
            String series = "weir_upstream_received_bytes_total{pool=\"passed\",server=\"" + passed.address() + "\"}";
            await().pollInterval(java.time.Duration.ofMillis(300)).until(() -> {
                double now = weir.metric(series);
                boolean still = now > 0 && now == before[0];
                before[0] = now;
                return still;
            });
            assertThat(before[0]).isLessThan(40_000_000);
            assertThat(client.read(100_000_000)).hasSize(100_000_000);
        }
    }

    @Test
    void onlyPassedNames_unknownOne_getsAnAlert() throws Exception {
        try (ScriptedServer passed = tlsEcho();
                RunningWeir weir = RunningWeir.of("""
                        event-loops: 1
                        listeners:
                          - bind: "127.0.0.1:0"
                            tls: { passthrough: [{ server-name: behind.example, pool: passed }] }
                        pools: { passed: { health: off, servers: ["%s"] } }
                        """.formatted(passed.address()))) {
            assertThatThrownBy(() -> RawClient.tls(weir.port(), authority.trusting(), "other.example"))
                    .isInstanceOf(SSLHandshakeException.class)
                    .hasMessageContaining("unrecognized_name");
            try (RawClient client = RawClient.tls(weir.port(), authority.trusting(), "behind.example")) {
                assertThat(client.send(GET).readMessage().status()).isEqualTo(200);
            }
        }
    }

    /** The first message of a TLS client, as it goes over the wire. */
    private byte[] hello(String serverName) throws Exception {
        try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CompletableFuture<Void> client = CompletableFuture.runAsync(() -> {
                try (java.net.Socket plain =
                                new java.net.Socket(InetAddress.getLoopbackAddress(), listening.getLocalPort());
                        SSLSocket socket = (SSLSocket)
                                authority.trusting().getSocketFactory().createSocket(plain, serverName, 443, true)) {
                    socket.startHandshake();
                } catch (IOException | java.security.GeneralSecurityException cut) {
                    // Nobody answers it.
                }
            });
            try (java.net.Socket accepted = listening.accept()) {
                byte[] header = accepted.getInputStream().readNBytes(5);
                byte[] rest = accepted.getInputStream().readNBytes((header[3] & 0xFF) << 8 | (header[4] & 0xFF));
                byte[] all = java.util.Arrays.copyOf(header, 5 + rest.length);
                System.arraycopy(rest, 0, all, 5, rest.length);
                return all;
            } finally {
                client.exceptionally(cut -> null);
            }
        }
    }
}
