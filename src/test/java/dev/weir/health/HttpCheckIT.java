package dev.weir.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.observe.Cause;
import dev.weir.testing.RawClient;
import dev.weir.testing.ScriptedServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP checks of servers that are up, and of servers that misbehave in every way. */
class HttpCheckIT {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private static ScriptedServer.Script answering(String answer) {
        return connection -> {
            connection.readMessage();
            connection.send(answer);
        };
    }

    /** Reads the request and does no more until the peer has gone. */
    private static void hang(RawClient connection) throws Exception {
        connection.readMessage();
        connection.read();
    }

    private static void assertDown(CheckResult result, @Nullable Cause cause, String evidence) {
        assertThat(result.up()).as(result.toString()).isFalse();
        assertThat(result.cause()).as(result.toString()).isEqualTo(cause);
        assertThat(result.evidence()).isEqualTo(evidence);
    }

    @Test
    void answerAsExpected_isUp() throws Exception {
        CheckResult result = Checks.one("path: /health", answering(OK));
        assertThat(result.up()).as(result.toString()).isTrue();
        assertThat(result.cause()).isNull();
        assertThat(result.evidence()).matches("200 in (0\\.)?\\d+ ms");
        assertThat(result.took()).isPositive();
    }

    @Test
    void request_isWhatTheConfigurationSays() throws Exception {
        CompletableFuture<String> seen = new CompletableFuture<>();
        CheckResult result = Checks.one(
                "path: '/health?full=1', method: POST, host: shop.example, headers: { x-check: 'a b', accept: '*/*' }",
                connection -> {
                    seen.complete(connection.readHead());
                    connection.send(OK);
                });
        assertThat(result.up()).isTrue();
        assertThat(seen.get()).startsWith("POST /health?full=1 HTTP/1.1\r\nHost: shop.example\r\n");
        assertThat(seen.get().lines())
                .contains("x-check: a b", "accept: */*", "Connection: close", "User-Agent: weir-health/dev")
                .contains("Content-Length: 0")
                .noneMatch(line -> line.startsWith("Transfer-Encoding"));
    }

    @Test
    void requestWithoutHostAndAgent_namesTheServerAndWeir() throws Exception {
        CompletableFuture<String> seen = new CompletableFuture<>();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    seen.complete(connection.readHead());
                    connection.send(OK);
                });
                Checks checks = Checks.health("type: http, headers: { user-agent: probe }")) {
            assertThat(checks.of(server).up()).isTrue();
            assertThat(seen.get().lines())
                    .startsWith("GET / HTTP/1.1", "Host: " + server.address())
                    .contains("user-agent: probe")
                    .noneMatch(line -> line.startsWith("User-Agent"));
        }
    }

    @ParameterizedTest
    @CsvSource({"200-399, 302, true", "200-399, 404, false", "'200-299,404', 404, true", "200, 204, false"})
    void status_isJudgedByExpect_andNoRedirectFollowed(String expect, int status, boolean up) throws Exception {
        try (ScriptedServer server = ScriptedServer.of(answering(
                        "HTTP/1.1 " + status + " X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"));
                Checks checks = Checks.health("path: /, expect: '" + expect + "'")) {
            CheckResult result = checks.of(server);
            assertThat(result.up()).isEqualTo(up);
            assertThat(result.evidence())
                    .startsWith(up ? status + " in " : "status " + status + ", expected " + expect);
            assertThat(result.cause()).isNull();
            assertThat(server.accepted()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "contains: ok, all ok here, true, ''",
        "contains: ok, nothing, false, 'body lacks \"ok\"'",
        "matches: o+k$, all ook, true, ''",
        "matches: ^o+k, all ok, false, 'body does not match \"^o+k\"'",
        "contains: größe, die größe, true, ''"
    })
    void body_mustHoldWhatIsLookedFor(String key, String body, boolean up, String evidence) throws Exception {
        byte[] bytes = body.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        CheckResult result = Checks.one("path: /, " + key.replaceFirst(": (.*)", ": \"$1\""), connection -> {
            connection.readMessage();
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (byte each : bytes) {
                connection.send("1\r\n").send(new byte[] {each}).send("\r\n");
            }
            connection.send("0\r\n\r\n");
        });
        assertThat(result.up()).as(result.toString()).isEqualTo(up);
        if (!up) {
            assertThat(result.evidence()).isEqualTo(evidence);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 1073741824", "Transfer-Encoding: chunked", "X: y"})
    void endlessBody_isReadFor64KiB_thenCut(String framing) throws Exception {
        CompletableFuture<Boolean> cut = new CompletableFuture<>();
        boolean chunked = framing.endsWith("chunked");
        CheckResult result = Checks.one("path: /, contains: needle", connection -> {
            connection.readMessage();
            connection.send("HTTP/1.1 200 OK\r\n" + framing + "\r\n\r\n");
            String piece = "x".repeat(1018) + "needle";
            try {
                for (int i = 0; i < 1 << 20; i++) {
                    connection.send(chunked ? "400\r\n" + piece + "\r\n" : piece);
                }
                cut.complete(false);
            } catch (java.io.IOException closed) {
                cut.complete(true);
            }
        });
        assertThat(result.up()).as(result.toString()).isTrue();
        assertThat(cut.get(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void needleBehind64KiB_isNotFound() throws Exception {
        CheckResult result = Checks.one(
                "path: /, contains: needle",
                answering("HTTP/1.1 200 OK\r\nContent-Length: 65542\r\n\r\n" + "x".repeat(65536) + "needle"));
        assertDown(result, null, "body lacks \"needle\"");
    }

    @Test
    void interimResponses_areIgnored_butNotWithoutEnd() throws Exception {
        String interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
        assertThat(Checks.one("path: /", answering("HTTP/1.1 100 Continue\r\n\r\n" + interim + OK))
                        .up())
                .isTrue();
        CheckResult flood = Checks.one("path: /", answering(interim.repeat(1000)));
        assertDown(flood, Cause.RESPONSE_MALFORMED, "response-malformed: too many interim responses");
    }

    @Test
    void hangingServer_isDownAfterTheTimeout() throws Exception {
        CheckResult result = Checks.one("path: /, timeout: 250ms", HttpCheckIT::hang);
        assertDown(result, Cause.FIRST_BYTE_TIMEOUT, "no answer within 250ms");
        assertThat(result.took()).isBetween(Duration.ofMillis(250), Duration.ofSeconds(15));
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", ""})
    void tricklingServer_isDownAfterTheTimeout(String beginning) throws Exception {
        CheckResult result = Checks.one("path: /, timeout: 1s", connection -> {
            connection.readMessage();
            connection.send(beginning.isEmpty() ? "H" : beginning);
            CountDownLatch never = new CountDownLatch(1);
            while (!never.await(20, TimeUnit.MILLISECONDS)) {
                connection.send("x");
            }
        });
        assertThat(result.up()).isFalse();
        boolean body = beginning.endsWith("\r\n\r\n");
        if (beginning.isEmpty()) {
            assertThat(result.cause()).isEqualTo(Cause.RESPONSE_MALFORMED);
            return;
        }
        assertDown(
                result,
                body ? Cause.RESPONSE_BODY_TIMEOUT : Cause.FIRST_BYTE_TIMEOUT,
                body ? "answer not complete within 1s" : "no answer within 1s");
        assertThat(result.took()).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(15));
    }

    @Test
    void refusedConnection_isDownAtOnce() throws Exception {
        int port = dev.weir.testing.Programs.freePort();
        try (Checks checks = Checks.health("path: /")) {
            assertDown(checks.of(Checks.local(port)), Cause.CONNECT_REFUSED, "connect-refused");
        }
    }

    @Test
    void nameWithoutAddress_isDown() throws Exception {
        try (Checks checks = Checks.health("path: /")) {
            assertDown(checks.of(Checks.server("gone.example", 80)), Cause.DNS_ERROR, "dns-error: gone.example:80");
        }
    }

    @Test
    void closedResetAndCutAnswers_areDown() throws Exception {
        assertThat(Checks.one("path: /", RawClient::readMessage).cause()).isEqualTo(Cause.SERVER_CLOSED);
        assertThat(Checks.one("path: /", connection -> {
                            connection.readMessage();
                            connection.reset();
                        })
                        .cause())
                .isEqualTo(Cause.SERVER_CLOSED);
        assertThat(Checks.one("path: /", RawClient::sendEnd).up()).isFalse();
        assertThat(Checks.one("path: /", answering("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok"))
                        .cause())
                .isEqualTo(Cause.RESPONSE_INCOMPLETE);
        assertThat(Checks.one("path: /", answering("HTTP/1.1 20")).cause()).isEqualTo(Cause.RESPONSE_INCOMPLETE);
    }

    @Test
    void serverThatEndsItsSideBeforeItAnswers_isDown_andOneThatDoesSoBehindIsUp() throws Exception {
        CheckResult early = Checks.one("path: /", connection -> {
            connection.sendEnd();
            connection.readMessage();
        });
        assertThat(early.cause()).isEqualTo(Cause.SERVER_CLOSED);
        CheckResult late = Checks.one("path: /", connection -> {
            connection.readMessage();
            connection.send("HTTP/1.1 200 OK\r\n\r\nok").sendEnd();
            connection.read();
        });
        assertThat(late.up()).as(late.toString()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "SSH-2.0-OpenSSH_9.9|, response-malformed",
        "HTTP/1.1 101 Switching Protocols|Upgrade: x|Connection: upgrade||, upgrade-failed",
        "HTTP/1.1 200 OK|Content-Length: 1|Content-Length: 2||, response-malformed"
    })
    void whatIsNoSoundAnswer_isDown(String answer, String cause) throws Exception {
        CheckResult result = Checks.one("path: /", answering(answer.replace("|", "\r\n")));
        assertThat(result.up()).isFalse();
        assertThat(result.cause()).as(result.toString()).isNotNull();
        assertThat(result.evidence()).startsWith(cause);
    }

    @Test
    void hugeHead_isDown() throws Exception {
        String head =
                "HTTP/1.1 200 OK\r\n" + "X-Field: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n".repeat(100_000);
        CheckResult result = Checks.one("path: /", answering(head));
        assertThat(result.cause()).as(result.toString()).isEqualTo(Cause.RESPONSE_HEADERS_TOO_LARGE);
    }

    @Test
    void eachCheck_hasAConnectionOfItsOwn_whichIsClosed() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(OK);
                Checks checks = Checks.health("path: /")) {
            Checks kept = checks;
            dev.weir.pool.Server target = Checks.local(server.port());
            List<CompletableFuture<CheckResult>> results = new CopyOnWriteArrayList<>();
            for (int i = 0; i < 20; i++) {
                results.add(kept.begin(target));
            }
            for (CompletableFuture<CheckResult> each : results) {
                assertThat(each.get(30, TimeUnit.SECONDS).up()).isTrue();
            }
            assertThat(server.accepted()).isEqualTo(20);
            await().until(() -> server.open() == 0);
        }
    }

    @Test
    void portOfItsOwn_isAskedInsteadOfTheServers() throws Exception {
        CompletableFuture<String> seen = new CompletableFuture<>();
        try (ScriptedServer health = ScriptedServer.of(connection -> {
                    seen.complete(connection.readHead());
                    connection.send(OK);
                });
                Checks checks = Checks.health("path: /, port: " + health.port())) {
            assertThat(checks.of(Checks.local(1)).up()).isTrue();
            assertThat(seen.get()).contains("Host: " + health.address() + "\r\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"v1", "v2"})
    void proxyProtocol_saysThatThereIsNoClient(String version) throws Exception {
        String header = version.equals("v1") ? "PROXY UNKNOWN\r\n" : "\r\n\r\n\0\r\nQUIT\n \0\0\0";
        CompletableFuture<String> seen = new CompletableFuture<>();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    seen.complete(connection.readText(header.length()));
                    connection.readMessage();
                    connection.send(OK);
                });
                Checks checks = Checks.of("proxy-protocol: " + version + "\nhealth: { path: /, timeout: 20s }")) {
            assertThat(checks.of(server).up()).isTrue();
            assertThat(seen.get()).isEqualTo(header);
        }
    }

    @Test
    void close_endsWhatRuns_withOneResultEach() throws Exception {
        CountDownLatch asked = new CountDownLatch(50);
        try (ScriptedServer server = ScriptedServer.of(connection -> {
            connection.readMessage();
            asked.countDown();
            connection.read();
        })) {
            List<CompletableFuture<CheckResult>> results = new CopyOnWriteArrayList<>();
            Checks checks = Checks.health("path: /, timeout: 1m, every: 1m");
            dev.weir.pool.Server target = Checks.local(server.port());
            for (int i = 0; i < 50; i++) {
                results.add(checks.begin(target));
            }
            asked.await();
            checks.close();
            results.add(checks.begin(target));
            for (CompletableFuture<CheckResult> each : results) {
                assertDown(each.get(30, TimeUnit.SECONDS), Cause.STOPPING, "stopping");
            }
            await().until(() -> server.open() == 0);
        }
    }
}
