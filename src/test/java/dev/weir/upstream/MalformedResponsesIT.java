package dev.weir.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.Quiet;
import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** What no client may get, and after which no connection may be used again. */
class MalformedResponsesIT {
    private static final String OK = "HTTP/1.1 200 OK\r\n";
    private static final String CHUNKED = OK + "Transfer-Encoding: chunked\r\n\r\n";

    static final List<String> MALFORMED_HEADS = List.of(
            OK + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nok!",
            OK + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nok",
            OK + "Content-Length: 2, 2\r\n\r\nok",
            OK + "Content-Length: 2, 3\r\n\r\nok!",
            OK + "Content-Length: +2\r\n\r\nok",
            OK + "Content-Length: -2\r\n\r\nok",
            OK + "Content-Length: 0x2\r\n\r\nok",
            OK + "Content-Length: 2 2\r\n\r\nok",
            OK + "Content-Length:\r\n\r\nok",
            OK + "Content-Length: 99999999999999999999\r\n\r\nok",
            OK + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            OK + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            OK + "Transfer-Encoding: identity\r\n\r\nok",
            OK + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            OK + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
            OK + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            OK + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            OK + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
            OK + "Transfer-Encoding: \u000bchunked\r\n\r\n0\r\n\r\n",
            OK + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
            OK + "Transfer-Encoding:\r\n\r\n",
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
            OK + "Content-Length: 2\n\r\nok",
            OK + "Content-Length: 2\r\n\nok",
            "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/3 200 OK\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1  200 OK\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 2xx OK\r\nContent-Length: 2\r\n\r\nok",
            "http/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            "ICY 200 OK\r\nContent-Length: 2\r\n\r\nok",
            "SSH-2.0-OpenSSH_9.6\r\n",
            "\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 200 O\u0000K\r\nContent-Length: 2\r\n\r\nok",
            OK + "X-Fold: a\r\n b\r\nContent-Length: 2\r\n\r\nok",
            OK + " X: a\r\nContent-Length: 2\r\n\r\nok",
            OK + "X: a\u0000b\r\nContent-Length: 2\r\n\r\nok",
            OK + "X\u0000: a\r\nContent-Length: 2\r\n\r\nok",
            OK + "X: a\rb\r\nContent-Length: 2\r\n\r\nok",
            OK + "no colon\r\nContent-Length: 2\r\n\r\nok",
            OK + ": empty\r\nContent-Length: 2\r\n\r\nok",
            OK + "X : a\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 200 " + "x".repeat(40_000) + "\r\nContent-Length: 2\r\n\r\nok");

    static final List<String> TOO_LARGE_HEADS = List.of(
            OK + "X: " + "x".repeat(40_000) + "\r\nContent-Length: 2\r\n\r\nok",
            OK + "X: 1\r\n".repeat(200) + "Content-Length: 2\r\n\r\nok");

    static final List<String> MALFORMED_BODIES = List.of(
            CHUNKED + "x\r\nok\r\n0\r\n\r\n",
            CHUNKED + "\r\n2\r\nok\r\n0\r\n\r\n",
            CHUNKED + "2\nok\r\n0\r\n\r\n",
            CHUNKED + "2 \r\nok\r\n0\r\n\r\n",
            CHUNKED + " 2\r\nok\r\n0\r\n\r\n",
            CHUNKED + "+2\r\nok\r\n0\r\n\r\n",
            CHUNKED + "-2\r\nok\r\n0\r\n\r\n",
            CHUNKED + "0x2\r\nok\r\n0\r\n\r\n",
            CHUNKED + "ffffffffffffffff\r\nok\r\n0\r\n\r\n",
            CHUNKED + "10000000000000002\r\nok\r\n0\r\n\r\n",
            CHUNKED + "00000000000000000000000000000002\r\nok\r\n0\r\n\r\n",
            CHUNKED + "2\r\nok!\r\n0\r\n\r\n",
            CHUNKED + "2\r\nok0\r\n\r\n",
            CHUNKED + "2\r\nok\n0\r\n\r\n",
            CHUNKED + "2;" + "e".repeat(10_000) + "\r\nok\r\n0\r\n\r\n",
            CHUNKED + "2\r\nok\r\n0\r\nbad trailer\r\n\r\n",
            CHUNKED + "2\r\nok\r\n0\r\nX: " + "x".repeat(40_000) + "\r\n\r\n");

    private static volatile String response = "";
    /** For each connection of which a response was sent, whether Weir ended it. */
    private static final BlockingQueue<Boolean> ENDED = new LinkedBlockingQueue<>();

    private static ScriptedServer server;
    private static RunningWeir weir;

    @BeforeAll
    static void start() throws IOException {
        server = ScriptedServer.of(connection -> {
            connection.readMessage();
            connection.send(response);
            ENDED.add(endsWithoutData(connection));
        });
        weir = RunningWeir.before(server);
    }

    private static boolean endsWithoutData(RawClient connection) throws IOException {
        try {
            return connection.read() < 0;
        } catch (java.net.SocketException reset) {
            return true;
        }
    }

    @AfterAll
    static void stop() throws IOException {
        Quiet.awaitQuiet(weir);
        weir.close();
        server.close();
    }

    @ParameterizedTest(name = "{index}")
    @FieldSource("MALFORMED_HEADS")
    void head_malformed_gives502AndNoReuse(String malformed) throws Exception {
        refused(malformed, "http_protocol_error", "response-malformed");
    }

    @ParameterizedTest(name = "{index}")
    @FieldSource("TOO_LARGE_HEADS")
    void head_beyondLimits_gives502AndNoReuse(String large) throws Exception {
        refused(large, "http_response_header_section_size", "response-headers-too-large");
    }

    private static void refused(String malformed, String error, String cause) throws Exception {
        response = malformed;
        try (RawClient client = weir.connect()) {
            RawClient.Message got =
                    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").readMessage();
            assertThat(got.status()).isEqualTo(502);
            assertThat(got.header("Proxy-Status")).isEqualTo("weir; error=" + error + "; details=\"" + cause + "\"");
            assertThat(ENDED.poll(10, TimeUnit.SECONDS))
                    .as("closed without reuse")
                    .isTrue();
        }
    }

    @ParameterizedTest(name = "{index}")
    @FieldSource("MALFORMED_BODIES")
    void body_malformed_cutsTheClientAndNoReuse(String malformed) throws Exception {
        response = malformed;
        try (RawClient client = weir.connect()) {
            String got = client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").readToEnd();
            assertThat(got).doesNotContain("\r\n0\r\n");
            assertThat(ENDED.poll(10, TimeUnit.SECONDS))
                    .as("closed without reuse")
                    .isTrue();
        }
    }

    @Test
    void malformed_head_isCountedAndNotTriedAgain() throws Exception {
        response = "nonsense\r\n\r\n";
        int before = server.accepted();
        assertThat(weir.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 502 ");
        assertThat(ENDED.poll(10, TimeUnit.SECONDS)).isTrue();
        assertThat(server.accepted()).isEqualTo(before + 1);
        assertThat(weir.metric("weir_failures_total{cause=\"response-malformed\",side=\"server\"}"))
                .isPositive();
    }
}
