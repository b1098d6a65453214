package dev.weir.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.observe.Cause;
import dev.weir.testing.RawHttp2;
import dev.weir.testing.ScriptedServer;
import dev.weir.testing.TestAuthority;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The health protocol of gRPC, with grpc-java and with servers that misbehave frame by frame. */
class GrpcCheckIT {
    private static final String SERVING = "\0\0\0\0\u0002\b\u0001";

    /** Netty's codec leaves out 1, as if it had been upgraded to HTTP/2. */
    private static final int FIRST = 3;

    private static final int CANCEL = 8;
    private static final int INTERNAL_ERROR = 2;

    @TempDir
    Path folder;

    /** What a server does with the call, whose message has been read. */
    private interface Answer {
        void to(RawHttp2 http) throws Exception;
    }

    private static CheckResult check(String timeout, Answer answer) throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    RawHttp2 http = RawHttp2.server(connection);
                    http.message(FIRST);
                    answer.to(http);
                    connection.readToEnd();
                });
                Checks checks = Checks.of("http: [h2]\nhealth: { type: grpc, timeout: " + timeout + " }")) {
            return checks.of(server);
        }
    }

    private static void head(RawHttp2 http) throws Exception {
        http.headers(FIRST, false, ":status", "200", "content-type", "application/grpc");
    }

    private static Answer message(String text) {
        return http -> {
            head(http);
            http.data(FIRST, false, text).headers(FIRST, true, "grpc-status", "0");
        };
    }

    private static void assertDown(CheckResult result, @Nullable Cause cause, String evidence) {
        assertThat(result.up()).as(result.toString()).isFalse();
        assertThat(result.evidence()).isEqualTo(evidence);
        assertThat(result.cause()).isEqualTo(cause);
    }

    private static Server start(NettyServerBuilder builder, HealthStatusManager health) throws Exception {
        return builder.directExecutor()
                .addService(health.getHealthService())
                .build()
                .start();
    }

    private static NettyServerBuilder loopback() {
        return NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    @Test
    void grpcJava_inTheClear_saysHowItIs() throws Exception {
        HealthStatusManager health = new HealthStatusManager();
        health.setStatus("ailing", ServingStatus.NOT_SERVING);
        health.setStatus("odd", ServingStatus.UNKNOWN);
        Server server = start(loopback(), health);
        try (Checks whole = Checks.of("http: [h2]\nhealth: { type: grpc, timeout: 20s }");
                Checks ailing = Checks.of("http: [h2]\nhealth: { type: grpc, service: ailing, timeout: 20s }");
                Checks odd = Checks.of("http: [h2]\nhealth: { type: grpc, service: odd, timeout: 20s }");
                Checks missing = Checks.of("http: [h2]\nhealth: { type: grpc, service: missing, timeout: 20s }")) {
            CheckResult up = whole.of(Checks.local(server.getPort()));
            assertThat(up.up()).as(up.toString()).isTrue();
            assertThat(up.evidence()).matches("SERVING in (0\\.)?\\d+ ms");
            assertDown(ailing.of(Checks.local(server.getPort())), null, "NOT_SERVING");
            assertDown(odd.of(Checks.local(server.getPort())), null, "serving status 0, which is not SERVING");
            assertDown(
                    missing.of(Checks.local(server.getPort())),
                    null,
                    "grpc-status 5 (NOT_FOUND): the server does not know the service \"missing\"");
        } finally {
            server.shutdownNow();
        }
    }

    @Test
    void grpcJava_overTls_isUp_andOneWithoutHealthServiceIsNot() throws Exception {
        TestAuthority authority = TestAuthority.in(folder);
        TestAuthority.Issued issued = authority.server("127.0.0.1");
        HealthStatusManager health = new HealthStatusManager();
        Server server = start(
                loopback()
                        .useTransportSecurity(
                                issued.chain().toFile(), issued.key().toFile()),
                health);
        Server bare = loopback().directExecutor().build().start();
        String keys = "\ntls: { ca: '" + authority.file() + "' }\nhealth: { type: grpc, timeout: 20s }";
        try (Checks h2 = Checks.of("http: [h2]" + keys);
                Checks both = Checks.of("http: [http/1.1, h2]" + keys);
                Checks plain = Checks.of("http: [h2]\nhealth: { type: grpc, timeout: 20s }")) {
            assertThat(h2.of(Checks.local(server.getPort())).evidence()).startsWith("SERVING in ");
            assertThat(both.of(Checks.local(server.getPort())).evidence()).startsWith("SERVING in ");
            assertDown(
                    plain.of(Checks.local(bare.getPort())),
                    null,
                    "grpc-status 12 (UNIMPLEMENTED): the server has no health service");
        } finally {
            server.shutdownNow();
            bare.shutdownNow();
        }
    }

    @Test
    void tlsServerThatChoosesHttp1_isDown() throws Exception {
        TestAuthority authority = TestAuthority.in(folder);
        try (ScriptedServer server = ScriptedServer.tls(
                        authority.server("127.0.0.1").context(), connection -> connection.read(), "http/1.1");
                Checks checks = Checks.of("http: [h2, http/1.1]\ntls: { ca: '" + authority.file()
                        + "' }\nhealth: { type: grpc, timeout: 20s }")) {
            assertDown(
                    checks.of(server),
                    Cause.TLS_PROTOCOL_ERROR,
                    "tls-protocol-error: The server does not offer HTTP/2 (ALPN).");
        }
    }

    @Test
    void call_isAsTheProtocolWantsIt_andEndsWithTheConnection() throws Exception {
        List<String> seen = new ArrayList<>();
        CompletableFuture<String> content = new CompletableFuture<>();
        CompletableFuture<Boolean> ended = new CompletableFuture<>();
        try (ScriptedServer server = ScriptedServer.http2(http -> {
                    RawHttp2.Message call = http.message(FIRST);
                    seen.addAll(call.head());
                    content.complete(call.content());
                    message(SERVING).to(http);
                    RawHttp2.Frame frame = http.next();
                    while (frame != null && frame.type() != RawHttp2.GOAWAY) {
                        frame = http.next();
                    }
                    ended.complete(frame != null && http.next() == null);
                });
                Checks checks = Checks.of(
                        "http: [h2]\nhealth: { type: grpc, service: shop, timeout: 15500ms, headers: { x-key: v } }")) {
            assertThat(checks.of(server).up()).isTrue();
            assertThat(seen)
                    .startsWith(":method: POST", ":scheme: http", ":authority: " + server.address())
                    .contains(
                            ":path: /grpc.health.v1.Health/Check",
                            "content-type: application/grpc",
                            "te: trailers",
                            "grpc-timeout: 15500m",
                            "user-agent: weir-health/dev",
                            "x-key: v");
            assertThat(content.get()).isEqualTo("\0\0\0\0\u0006\n\u0004shop");
            assertThat(ended.get(30, TimeUnit.SECONDS)).isTrue();
            await().until(() -> server.open() == 0);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "14, not%20now, 'grpc-status 14 (UNAVAILABLE): not now'",
        "7, 50%, 'grpc-status 7 (PERMISSION_DENIED): 50%'",
        "99, x, 'grpc-status 99: x'",
        "-1, x, 'grpc-status -1: x'"
    })
    void failedCall_isExplained(String status, String message, String evidence) throws Exception {
        CheckResult early = check(
                "20s",
                http -> http.headers(
                        FIRST,
                        true,
                        ":status",
                        "200",
                        "content-type",
                        "application/grpc",
                        "grpc-status",
                        status,
                        "grpc-message",
                        message));
        assertDown(early, null, evidence);
        CheckResult late = check("20s", http -> {
            head(http);
            http.data(FIRST, false, SERVING).headers(FIRST, true, "grpc-status", status, "grpc-message", message);
        });
        assertDown(late, null, evidence);
    }

    @Test
    void whatIsNoAnswerOfGrpc_isDown() throws Exception {
        assertDown(
                check("20s", http -> http.headers(FIRST, true, ":status", "503")),
                null,
                "status 503, which is no answer of gRPC");
        assertDown(
                check("20s", http -> http.headers(FIRST, false, ":status", "200", "content-type", "text/html")),
                null,
                "content type text/html, which is no answer of gRPC");
        assertDown(
                check("20s", message("\u0001\0\0\0\u0002\b\u0001")),
                Cause.RESPONSE_MALFORMED,
                "response-malformed: no message of the health protocol");
        assertDown(
                check("20s", message(SERVING + "x".repeat(2000))),
                Cause.RESPONSE_MALFORMED,
                "response-malformed: an answer of the health protocol is shorter");
        assertDown(
                check("20s", http -> {
                    head(http);
                    http.data(FIRST, true, SERVING);
                }),
                Cause.RESPONSE_MALFORMED,
                "response-malformed: there is no grpc-status");
    }

    @Test
    void resetsAndGoaways_areDown() throws Exception {
        assertThat(check("20s", http -> http.reset(FIRST, INTERNAL_ERROR)).cause())
                .isEqualTo(Cause.SERVER_CLOSED);
        assertThat(check("20s", http -> {
                            head(http);
                            http.reset(FIRST, CANCEL);
                        })
                        .evidence())
                .isEqualTo("response-incomplete: the server reset the stream: CANCEL");
        assertThat(check("20s", http -> http.goAway(0, 0)).cause()).isEqualTo(Cause.REQUEST_REFUSED);
        assertThat(check("20s", http -> http.connection().reset()).cause()).isEqualTo(Cause.SERVER_CLOSED);
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT) // it mostly waits
    void serverSilentFromTheCallOn_isDownAfterTheTimeout() throws Exception {
        assertDown(check("2s", http -> {}), Cause.FIRST_BYTE_TIMEOUT, "no answer within 2s");
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void serverSilentFromItsHeadOn_isDownAfterTheTimeout() throws Exception {
        assertDown(check("2s", GrpcCheckIT::head), Cause.RESPONSE_BODY_TIMEOUT, "answer not complete within 2s");
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void serverSilentFromTheStartOn_isDownAfterTheTimeout() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> connection.readToEnd());
                Checks checks = Checks.of("http: [h2]\nhealth: { type: grpc, timeout: 300ms }")) {
            assertDown(checks.of(server), Cause.CONNECT_TIMEOUT, "no connection within 300ms");
        }
    }

    @Test
    void serverOfHttp1_isDown() throws Exception {
        try (ScriptedServer server =
                        ScriptedServer.of(connection -> connection.send("HTTP/1.1 400 Bad Request\r\n\r\n"));
                Checks checks = Checks.of("http: [h2]\nhealth: { type: grpc, timeout: 20s }")) {
            CheckResult result = checks.of(server);
            assertThat(result.up()).isFalse();
            assertThat(result.cause()).as(result.toString()).isEqualTo(Cause.SERVER_CLOSED);
        }
    }
}
