package dev.weir.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.Quiet;
import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * What gRPC calls are told by Weir itself, and their deadlines. HTTP/1 is not gRPC's protocol, but gRPC-Web's, and shows
 * each byte; the exchange is the same for all protocols.
 */
@Execution(ExecutionMode.CONCURRENT) // its tests mostly wait
class GrpcAnswersIT {
    private static String call(String path, String more) {
        return "POST " + path
                + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc-web+proto\r\nContent-Length: 5\r\n" + more
                + "\r\n\0\0\0\0\0";
    }

    private static RunningWeir withoutServer() throws IOException {
        ScriptedServer gone = ScriptedServer.echoing();
        gone.close();
        return RunningWeir.before("", "ejection: off\nqueue: { requests: 0 }", gone);
    }

    /** A server that notes each call's time and never answers. */
    private static ScriptedServer silent(List<String> heads) throws IOException {
        return ScriptedServer.of(connection -> {
            heads.add(connection.readHead());
            connection.readToEnd();
        });
    }

    @Test
    void failedCall_isAnsweredByFieldsOnly() throws Exception {
        try (RunningWeir weir = withoutServer();
                RawClient client = weir.connect()) {
            for (int i = 0; i < 2; i++) {
                client.send(call("/s/m", ""));
                RawClient.Message answer = client.readMessage();
                assertThat(answer.status()).isEqualTo(200);
                assertThat(answer.header("content-type")).isEqualTo("application/grpc-web+proto");
                assertThat(answer.header("grpc-status")).isEqualTo("14");
                assertThat(answer.header("grpc-message"))
                        .isEqualTo("connect-refused: The server refused the connection.");
                assertThat(answer.header("proxy-status"))
                        .isEqualTo("weir; error=connection_refused; details=\"connect-refused\"");
                assertThat(answer.content()).isEmpty();
            }
            assertThat(weir.metric("weir_failures_total{cause=\"connect-refused\",side=\"server\"}"))
                    .isEqualTo(2.0);
        }
    }

    @Test
    void otherRequests_ofTheSameConnection_areAnsweredAsEver() throws Exception {
        try (RunningWeir weir = withoutServer();
                RawClient client = weir.connect()) {
            client.send(
                    "GET / HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\ngrpc-timeout: nonsense\r\n\r\n");
            assertThat(client.readMessage().status()).isEqualTo(502);
            client.send(call("/", "").replace("grpc-web", "grpcs"));
            assertThat(client.readMessage().status()).isEqualTo(502);
        }
    }

    @Test
    void timeout_malformed_isRefused() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send(call("/", "grpc-timeout: soon\r\n"));
            RawClient.Message answer = client.readMessage();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.header("grpc-status")).isEqualTo("13");
            assertThat(answer.header("grpc-message"))
                    .startsWith("request-malformed: ")
                    .contains("grpc-timeout");
            assertThat(server.accepted()).isZero();
        }
    }

    @Test
    void timeout_ofZero_isOverAtOnce() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send(call("/", "grpc-timeout: 0S\r\n"));
            assertThat(client.readMessage().header("grpc-status")).isEqualTo("4");
            assertThat(server.accepted()).isZero();
        }
    }

    @Test
    void timeout_thatRunsOut_endsTheCallOnBothSides() throws Exception {
        List<String> heads = new CopyOnWriteArrayList<>();
        try (ScriptedServer server = silent(heads);
                RunningWeir weir = RunningWeir.before(server)) {
            try (RawClient client = weir.connect()) {
                long start = System.nanoTime();
                client.send(call("/", "grpc-timeout: 1000m\r\n"));
                RawClient.Message answer = client.readMessage();
                assertThat(Duration.ofNanos(System.nanoTime() - start))
                        .isBetween(Duration.ofMillis(999), Duration.ofSeconds(20));
                assertThat(answer.header("grpc-status")).isEqualTo("4");
                assertThat(answer.header("proxy-status")).contains("details=\"call-deadline\"");
                await().until(() -> heads.size() == 1 && server.open() == 0);
                assertThat(micros(heads.get(0))).isBetween(1L, 1_000_000L);
            }
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void timeout_whileTheAnswerComes_cutsIt() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
                    connection.readToEnd();
                });
                RunningWeir weir = RunningWeir.before(server)) {
            try (RawClient client = weir.connect()) {
                client.send(call("/", "grpc-timeout: 1000000u\r\n"));
                assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
                assertThat(client.readToEnd()).isEqualTo("half");
                await().until(() -> server.open() == 0);
            }
            Quiet.awaitQuiet(weir);
            assertThat(weir.metric("weir_failures_total{cause=\"call-deadline\",side=\"client\"}"))
                    .isEqualTo(1.0);
        }
    }

    @Test
    void timeout_ofAnAnsweredCall_hasNoEffectOnTheNext() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send(call("/", "grpc-timeout: 2S\r\n"));
            assertThat(client.readMessage().content()).contains("grpc-timeout: ");
            for (long end = System.nanoTime() + 2_200_000_000L; System.nanoTime() < end; ) {
                client.send(call("/", ""));
                RawClient.Message answer = client.readMessage();
                assertThat(answer.status()).isEqualTo(200);
                assertThat(answer.content()).doesNotContain("grpc-timeout");
            }
        }
    }

    @Test
    void timeout_withTheNextServer_isWhatIsLeft() throws Exception {
        List<String> heads = new CopyOnWriteArrayList<>();
        ScriptedServer gone = ScriptedServer.echoing();
        gone.close();
        try (ScriptedServer server = silent(heads);
                RunningWeir weir = RunningWeir.before("", "balance: round-robin", gone, server)) {
            for (int i = 0; i < 2; i++) {
                try (RawClient client = weir.connect()) {
                    client.send(call("/", "grpc-timeout: 1000m\r\n"));
                    assertThat(client.readMessage().header("grpc-status")).isEqualTo("4");
                }
            }
            await().until(() -> heads.size() == 2);
            assertThat(heads).allSatisfy(head -> assertThat(micros(head)).isBetween(1L, 1_000_000L));
        }
    }

    /** The one grpc-timeout of a head. */
    private static long micros(String head) {
        assertThat(head.lines().filter(line -> line.startsWith("grpc-timeout:")))
                .hasSize(1);
        String value = Objects.requireNonNull(RawClient.header(head, "grpc-timeout"));
        long number = Long.parseLong(value.substring(0, value.length() - 1));
        return switch (value.charAt(value.length() - 1)) {
            case 'n' -> number / 1000;
            case 'u' -> number;
            case 'm' -> number * 1000;
            default -> throw new AssertionError(value);
        };
    }
}
