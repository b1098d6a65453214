package dev.weir.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.observe.Cause;
import dev.weir.testing.Programs;
import dev.weir.testing.ScriptedServer;
import dev.weir.testing.TestAuthority;
import io.netty.pkitesting.CertificateBuilder;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks that only connect, in the clear and by TLS. */
class TcpCheckIT {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"", "220 ready\r\n"})
    void connection_isUp_andEndsWithoutReset(String greeting) throws Exception {
        CompletableFuture<Boolean> orderly = new CompletableFuture<>();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.send(greeting);
                    orderly.complete(connection.endsOrderly());
                    connection.send("bye\r\n");
                });
                Checks checks = Checks.health("type: tcp")) {
            CheckResult result = checks.of(server);
            assertThat(result.up()).isTrue();
            assertThat(result.evidence()).matches("connected in (0\\.)?\\d+ ms");
            // The connection outlives the result, until the server has ended too.
            assertThat(orderly.get(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void serverThatKeepsTheConnection_losesIt() throws Exception {
        CompletableFuture<Boolean> lost = new CompletableFuture<>();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.endsOrderly();
                    await().pollInterval(java.time.Duration.ofMillis(20))
                            .ignoreNoExceptions()
                            .until(() -> {
                                try {
                                    connection.send("x");
                                    return false;
                                } catch (java.io.IOException reset) {
                                    return true;
                                }
                            });
                    lost.complete(true);
                });
                Checks checks = Checks.health("type: tcp")) {
            assertThat(checks.of(server).up()).isTrue();
            assertThat(lost.get(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void refusedConnection_isDown() throws Exception {
        try (Checks checks = Checks.health("type: tcp")) {
            CheckResult result = checks.of(Checks.local(Programs.freePort()));
            assertThat(result.cause()).isEqualTo(Cause.CONNECT_REFUSED);
        }
    }

    @Test
    void noSettingAtAll_checksTheConnection() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> connection.read());
                Checks checks = Checks.of("queue: { timeout: 1s }")) {
            assertThat(checks.of(server).evidence()).startsWith("connected in ");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"[h2, http/1.1]", "[h2]"})
    void tls_isUpAfterTheHandshake_andEndsOrderly(String http) throws Exception {
        TestAuthority authority = TestAuthority.in(folder);
        CompletableFuture<Boolean> orderly = new CompletableFuture<>();
        try (ScriptedServer server = ScriptedServer.tls(
                        authority.server("127.0.0.1").context(),
                        connection -> orderly.complete(connection.endsOrderly()),
                        "h2");
                Checks checks = Checks.of("http: " + http + "\ntls: { ca: '" + authority.file()
                        + "' }\nhealth: { type: tcp, timeout: 20s }")) {
            CheckResult result = checks.of(server);
            assertThat(result.evidence()).startsWith("connected in ");
            assertThat(orderly.get(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void tlsWithServersThatAreNotTrusted_isDownAndSaysWhy() throws Exception {
        TestAuthority authority = TestAuthority.in(folder);
        TestAuthority other = TestAuthority.named("other", folder);
        CertificateBuilder expired = TestAuthority.serverBuilder("127.0.0.1")
                .notBefore(Instant.now().minus(9, ChronoUnit.DAYS))
                .notAfter(Instant.now().minus(2, ChronoUnit.DAYS))
                .ecp256();
        assertThat(evidence(authority, authority.issue("old", expired))).contains("certificate expired");
        assertThat(evidence(authority, other.server("127.0.0.1"))).startsWith("tls-certificate-error: ");
        assertThat(evidence(authority, authority.server("other.example"))).startsWith("tls-certificate-error: ");
    }

    private static String evidence(TestAuthority trusted, TestAuthority.Issued shown) throws Exception {
        try (ScriptedServer server = ScriptedServer.tls(shown.context(), connection -> connection.read());
                Checks checks =
                        Checks.of("tls: { ca: '" + trusted.file() + "' }\nhealth: { type: tcp, timeout: 20s }")) {
            CheckResult result = checks.of(server);
            assertThat(result.cause()).isEqualTo(Cause.TLS_CERTIFICATE_ERROR);
            return result.evidence();
        }
    }

    @Test
    void tlsWithAServerThatSpeaksNone_orHangs_isDown() throws Exception {
        TestAuthority authority = TestAuthority.in(folder);
        String keys = "tls: { ca: '" + authority.file() + "' }\nhealth: { type: tcp, timeout: %s }";
        try (ScriptedServer plain = ScriptedServer.of(connection -> {
                    connection.read(1);
                    connection.send("HTTP/1.1 400 Bad Request\r\n\r\n");
                });
                ScriptedServer hanging = ScriptedServer.of(connection -> connection.readToEnd());
                Checks patient = Checks.of(keys.formatted("20s"));
                Checks checks = Checks.of(keys.formatted("300ms"))) {
            assertThat(patient.of(plain).evidence()).isEqualTo("tls-protocol-error: What the server sends is not TLS.");
            CheckResult late = checks.of(hanging);
            assertThat(late.cause()).isEqualTo(Cause.CONNECT_TIMEOUT);
            assertThat(late.evidence()).isEqualTo("no connection within 300ms");
        }
    }

    @Test
    void timeout_whileWeirHadNoTime_tellsNothing() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readMessage();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                    connection.readToEnd();
                });
                Checks checks = Checks.health("path: /, timeout: 300ms")) {
            CompletableFuture<CheckResult> busy = checks.begin(Checks.local(server.port()));
            checks.checker.executor().execute(() -> {
                long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(600);
                while (System.nanoTime() < end) {
                    Thread.onSpinWait();
                }
            });
            assertThat(busy.get(30, TimeUnit.SECONDS))
                    .matches(result -> result.up() || !result.conclusive(), "is up or tells nothing");
            await().until(() -> checks.of(server).up());
        }
    }

    @Test
    void timeout_ofAServerThatIsSilent_counts() throws Exception {
        // It does not if Weir itself had no time for it, as it happens now and then on a busy machine.
        await().untilAsserted(() -> {
            CheckResult result = Checks.one("path: /, timeout: 300ms", connection -> connection.readToEnd());
            assertThat(result.up()).isFalse();
            assertThat(result.conclusive()).isTrue();
        });
    }
}
