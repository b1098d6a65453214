package dev.weir.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.RawClient;
import dev.weir.testing.ScriptedServer;
import dev.weir.testing.TestAuthority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A new process takes over from a running one. */
@EnabledOnOs(OS.LINUX)
class UpgradeIT {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    /** What a server is whose connections were refused, first, and a second later, which on a busy machine is soon over. */
    private static final String[] REFUSED = {"\"state\":\"down\"", "\"state\":\"probing\""};

    @TempDir
    private Path directory;

    private UpgradeSite site;

    @BeforeEach
    void begin() throws IOException {
        site = new UpgradeSite(directory);
    }

    @AfterEach
    void end() throws IOException {
        site.close();
    }

    private Path config(String listener, String server) throws IOException {
        return site.config("", listener, "pools: { web: { servers: [\"" + server + "\"] } }");
    }

    @Test
    void usr2_underLoad_losesNothingAndWhatIsLongGoesOn() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        String large = "x".repeat(3_000_000);
        try (ScriptedServer mixed = ScriptedServer.of(connection -> {
                    connection.socket().setSoTimeout(120_000); // a slow machine takes long for two upgrades
                    while (true) {
                        String head = connection.readHead();
                        if (head.isEmpty()) {
                            return;
                        } else if (head.contains("websocket")) {
                            connection.send("HTTP/1.1 101 Switching Protocols\r\n"
                                    + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
                            for (int next = connection.read(); next >= 0; next = connection.read()) {
                                connection.send(new byte[] {(byte) next});
                            }
                            return;
                        } else if (head.startsWith("GET /large")) {
                            connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + large.length() + "\r\n\r\n");
                            connection.send(large.substring(0, 1000));
                            go.await();
                            connection.send(large.substring(1000));
                        } else {
                            connection.send(OK);
                        }
                    }
                });
                RunningProcess running = RunningProcess.of(config("", mixed.address()));
                RawClient socket = new RawClient(running.port());
                RawClient download = new RawClient(running.port());
                SteadyLoad load = new SteadyLoad(running.port(), 6)) {
            socket.send("GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
            assertThat(socket.readHead()).startsWith("HTTP/1.1 101 ");
            download.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(download.readHead()).startsWith("HTTP/1.1 200 ");
            long first = running.weir().pid();
            assertThat(site.pid()).isEqualTo(first);
            running.weir().signal("USR2");
            site.awaitOther(first);
            long second = site.pid();
            long answered = load.answers();
            await().until(() -> load.answers() > answered + 100);
            kill(second, "USR2");
            site.awaitOther(second);
            UpgradeSite.awaitEnd(second);
            load.close();
            assertThat(load.failures()).isEmpty();
            assertThat(socket.send("y").readText(1)).isEqualTo("y");
            go.countDown();
            assertThat(download.readText(large.length())).hasSize(large.length());
            assertThat(running.weir().running()).isTrue();
            socket.close();
            download.close();
            assertThat(running.weir().awaitExit()).isZero();
            assertThat(running.answer()).isEqualTo("ok");
        }
    }

    private static void kill(long pid, String signal) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + signal, String.valueOf(pid)).start().waitFor();
    }

    @Test
    void upgrade_byAdminPort_isAnsweredByTheOldAndServedByTheNew() throws Exception {
        Path unix = directory.resolve("weir.sock");
        Path config = config("}, { bind: \"unix:" + unix + '"', site.server().address());
        try (RunningProcess running = RunningProcess.of(config)) {
            long first = site.pid();
            RawClient.Message answer = running.upgrade();
            assertThat(answer.status()).isEqualTo(200);
            site.awaitOther(first);
            assertThat(answer.content()).isEqualTo("{\"pid\":" + site.pid() + "}");
            UpgradeSite.awaitEnd(first);
            assertThat(running.answer()).isEqualTo("ok");
            assertThat(running.get("/readyz")).isEqualTo("ready");
            assertThat(unix).exists();
            kill(site.pid(), "TERM");
            await().until(() -> !Files.exists(site.pidFile()) && !Files.exists(unix));
        }
    }

    @Test
    void upgrade_whatTheOldProcessKnew_holdsInTheNew() throws Exception {
        TestAuthority authority = TestAuthority.in(directory);
        String tls = ", tls: { certificates: [%s] }, http: [http/1.1]"
                .formatted(authority.server("site.example").yaml());
        String servers = """
            state-file: off
            pools:
              web:
                servers: ["%s", "127.0.0.1:1"]
                health: off
                balance: round-robin
            """.formatted(site.server().address());
        Path config = site.config("", tls, servers);
        SSLContext client = authority.trusting();
        try (RunningProcess running = RunningProcess.of(config)) {
            for (int i = 0; i < 2; i++) {
                try (RawClient connection = RawClient.tls(running.port(), client, "site.example")) {
                    assertThat(connection.send(GET).readMessage().content()).isEqualTo("ok");
                }
            }
            assertThat(running.get("/v1/pools/web")).containsAnyOf(REFUSED);
            try (RawClient change = new RawClient(running.admin())) {
                String path = "/v1/pools/web/servers/" + site.server().address();
                change.send(
                        "PATCH " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\n\r\n{\"weight\":7}");
                assertThat(change.readMessage().status()).isEqualTo(200);
            }
            assertThat(running.upgrade().status()).isEqualTo(200);
            site.awaitOther(running.weir().pid());
            assertThat(running.get("/v1/pools/web")).containsAnyOf(REFUSED);
            try (RawClient connection = RawClient.tls(running.port(), client, "site.example")) {
                assertThat(connection.send(GET).readMessage().content()).isEqualTo("ok");
            }
            assertThat(List.of(running.get("/metrics").split("\n")))
                    .contains("weir_downstream_tls_handshakes_total{result=\"resumed\"} 1.0");
            // No file keeps what was changed.
            assertThat(running.get("/v1/diff")).contains("weight: 1 -> 7");
        }
    }
}
