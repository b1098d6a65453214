package dev.weir.downstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests that could be read in two ways, or not at all: refused, the connection closed, no server troubled. */
class RefusalIT {
    private static ScriptedServer server;
    private static RunningWeir weir;

    @BeforeAll
    static void start() throws Exception {
        server = ScriptedServer.echoing();
        weir = RunningWeir.before(server);
    }

    @AfterAll
    static void stop() throws Exception {
        weir.close();
        server.close();
    }

    private static final String HOST = "Host: a\r\n";
    private static final String CL = "Content-Length: 3\r\n";
    private static final String TE = "Transfer-Encoding: chunked\r\n";

    private static String post(String fields) {
        return "POST / HTTP/1.1\r\n" + HOST + fields + "\r\n";
    }

    private static String get(String line) {
        return line + "\r\n" + HOST + "\r\n";
    }

    static Stream<Arguments> heads() {
        return Stream.of(
                Arguments.of("both framings", 400, post(CL + TE) + "0\r\n\r\n"),
                Arguments.of("both framings, other order", 400, post(TE + CL) + "0\r\n\r\n"),
                Arguments.of("two equal lengths", 400, post(CL + CL) + "abc"),
                Arguments.of("two lengths", 400, post(CL + "Content-Length: 4\r\n") + "abcd"),
                Arguments.of("list of equal lengths", 400, post("Content-Length: 3, 3\r\n") + "abc"),
                Arguments.of("list of lengths", 400, post("Content-Length: 3, 4\r\n") + "abc"),
                Arguments.of("length with plus", 400, post("Content-Length: +3\r\n") + "abc"),
                Arguments.of("length with minus", 400, post("Content-Length: -3\r\n") + "abc"),
                Arguments.of("length in hex", 400, post("Content-Length: 0x3\r\n") + "abc"),
                Arguments.of("length with a fraction", 400, post("Content-Length: 3.0\r\n") + "abc"),
                Arguments.of("length with a space inside", 400, post("Content-Length: 1 0\r\n") + "abc"),
                Arguments.of("empty length", 400, post("Content-Length:\r\n")),
                Arguments.of("length beyond 64 bits", 400, post("Content-Length: 18446744073709551619\r\n") + "abc"),
                Arguments.of("length with a vertical tab", 400, post("Content-Length: \u000b3\r\n") + "abc"),
                Arguments.of("twice chunked", 400, post("Transfer-Encoding: chunked, chunked\r\n") + "0\r\n\r\n"),
                Arguments.of("two lines of codings", 400, post(TE + TE) + "0\r\n\r\n"),
                Arguments.of("chunked not last", 400, post("Transfer-Encoding: chunked, gzip\r\n") + "0\r\n\r\n"),
                Arguments.of("gzip below chunked", 501, post("Transfer-Encoding: gzip, chunked\r\n") + "0\r\n\r\n"),
                Arguments.of("identity", 501, post("Transfer-Encoding: identity\r\n")),
                Arguments.of("xchunked", 400, post("Transfer-Encoding: xchunked\r\n") + "0\r\n\r\n"),
                Arguments.of("chunked in quotes", 400, post("Transfer-Encoding: \"chunked\"\r\n") + "0\r\n\r\n"),
                Arguments.of("chunked with a parameter", 400, post("Transfer-Encoding: chunked;q=1\r\n") + "0\r\n\r\n"),
                Arguments.of("chunked behind a vertical tab", 400, post("Transfer-Encoding: \u000bchunked\r\n")),
                Arguments.of("coding name with a space", 400, post("Transfer-Encoding : chunked\r\n") + "0\r\n\r\n"),
                Arguments.of("coding name with a tab", 400, post("Transfer-Encoding\t: chunked\r\n") + "0\r\n\r\n"),
                Arguments.of("coding name behind a space", 400, post(" Transfer-Encoding: chunked\r\n") + "0\r\n\r\n"),
                Arguments.of("folded coding", 400, post("Transfer-Encoding:\r\n chunked\r\n") + "0\r\n\r\n"),
                Arguments.of("coding hidden by a bare CR", 400, post("x: y\rTransfer-Encoding: chunked\r\n")),
                Arguments.of("coding behind a bare LF", 400, post("x: y\nTransfer-Encoding: chunked\r\n")),
                Arguments.of("coding in HTTP/1.0", 400, "POST / HTTP/1.0\r\n" + TE + "\r\n0\r\n\r\n"),
                Arguments.of("empty coding", 400, post("Transfer-Encoding:\r\n") + "0\r\n\r\n"),
                Arguments.of("NUL in a value", 400, post("x: a\u0000b\r\n")),
                Arguments.of("NUL in a name", 400, post("x\u0000: a\r\n")),
                Arguments.of("no colon", 400, post("nonsense\r\n")),
                Arguments.of("no name", 400, post(": a\r\n")),
                Arguments.of("name in quotes", 400, post("\"x\": a\r\n")),
                Arguments.of("name that is no ASCII", 400, post("\u00e9: a\r\n")),
                Arguments.of("folded field", 400, post("x: a\r\n b\r\n")),
                Arguments.of("space before the first field", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
                Arguments.of("no Host", 400, "GET / HTTP/1.1\r\n\r\n"),
                Arguments.of("two Hosts", 400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
                Arguments.of("empty Host", 400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
                Arguments.of("Host with a path", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
                Arguments.of("Host with a user", 400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
                Arguments.of("Hosts in a list", 400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
                Arguments.of("Host with a bad port", 400, "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n"),
                Arguments.of("HTTP/0.9", 400, "GET /\r\n"),
                Arguments.of("HTTP/2.0", 505, get("GET / HTTP/2.0")),
                Arguments.of("HTTP/0.9 in words", 505, get("GET / HTTP/0.9")),
                Arguments.of("HTTP/2 preface", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
                Arguments.of("small http", 400, get("GET / http/1.1")),
                Arguments.of("HTTP/1.10", 400, get("GET / HTTP/1.10")),
                Arguments.of("HTTP/1,1", 400, get("GET / HTTP/1,1")),
                Arguments.of("two spaces", 400, get("GET  / HTTP/1.1")),
                Arguments.of("space in the target", 400, get("GET /a b HTTP/1.1")),
                Arguments.of("space behind the version", 400, get("GET / HTTP/1.1 ")),
                Arguments.of("tab for a space", 400, get("GET\t/ HTTP/1.1")),
                Arguments.of("space before the method", 400, get(" GET / HTTP/1.1")),
                Arguments.of("no target", 400, get("GET HTTP/1.1")),
                Arguments.of("fragment in the target", 400, get("GET /#a HTTP/1.1")),
                Arguments.of("target that is no ASCII", 400, get("GET /\u00e9 HTTP/1.1")),
                Arguments.of("target without slash", 400, get("GET a HTTP/1.1")),
                Arguments.of("target of another scheme", 400, get("GET ftp://a/ HTTP/1.1")),
                Arguments.of("target with a user", 400, get("GET http://u:p@a/ HTTP/1.1")),
                Arguments.of("target without host", 400, get("GET http:///x HTTP/1.1")),
                Arguments.of("star without OPTIONS", 400, get("GET * HTTP/1.1")),
                Arguments.of("bare LF behind the request line", 400, "GET / HTTP/1.1\nHost: a\n\n"),
                Arguments.of("bare CR behind the request line", 400, "GET / HTTP/1.1\rHost: a\r\r"),
                Arguments.of("LF before the request line", 400, "\n" + get("GET / HTTP/1.1")),
                Arguments.of("many empty lines", 400, "\r\n".repeat(5) + get("GET / HTTP/1.1")),
                Arguments.of("TLS", 400, "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003"),
                Arguments.of("long method", 400, get("X".repeat(33) + " / HTTP/1.1")),
                Arguments.of("long request line", 414, get("GET /" + "x".repeat(20_000) + " HTTP/1.1")),
                Arguments.of(
                        "many fields",
                        431,
                        get("GET / HTTP/1.1\r\n" + "x: y\r\n".repeat(128).trim())),
                Arguments.of("large fields", 431, get("GET / HTTP/1.1\r\nx: " + "y".repeat(33_000))),
                Arguments.of("many Connection options", 431, post("Connection: " + "a,".repeat(33) + "b\r\n")),
                Arguments.of("CONNECT", 405, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"),
                Arguments.of("CONNECT to a path", 400, get("CONNECT /x HTTP/1.1")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("heads")
    void head_ambiguous_isRefusedAndNoServerSeesIt(String name, int status, String request) throws Exception {
        int before = server.accepted();
        try (RawClient client = weir.connect()) {
            client.send(request + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
            RawClient.Message refusal = client.readMessage();
            assertThat(refusal.status()).as(refusal.content()).isEqualTo(status);
            assertThat(refusal.header("connection")).isEqualTo("close");
            assertThat(refusal.header("date")).isNotNull();
            assertThat(refusal.header("proxy-status"))
                    .startsWith("weir; error=http_request_")
                    .contains("; details=\"");
            assertThat(refusal.content()).startsWith(status + " ");
            client.sendEnd();
            assertThat(client.readToEnd()).isEmpty();
        }
        assertThat(server.accepted()).isEqualTo(before);
    }

    static Stream<Arguments> bodies() {
        return Stream.of(
                Arguments.of("no size", "\r\nabc\r\n"),
                Arguments.of("size with 0x", "0x3\r\nabc\r\n"),
                Arguments.of("size with plus", "+3\r\nabc\r\n"),
                Arguments.of("negative size", "-3\r\nabc\r\n"),
                Arguments.of("space before the size", " 3\r\nabc\r\n"),
                Arguments.of("space behind the size", "3 \r\nabc\r\n"),
                Arguments.of("size with an underscore", "1_0\r\nabc\r\n"),
                Arguments.of("size beyond 64 bits", "10000000000000003\r\nabc\r\n"),
                Arguments.of("size that wraps to a negative one", "ffffffffffffffff\r\nabc\r\n"),
                Arguments.of("size line ended by LF", "3\nabc\r\n"),
                Arguments.of("size line ended by CR", "3\rabc\r\n"),
                Arguments.of("extension with a bare LF", "3;x\nabc\r\n"),
                Arguments.of("extension with a bare CR", "3;x\ry\r\nabc\r\n"),
                Arguments.of("extension without a name", "3;=y\r\nabc\r\n"),
                Arguments.of("extension with NUL", "3;x=\"\u0000\"\r\nabc\r\n"),
                Arguments.of("large extensions", "3;x=" + "y".repeat(5000) + "\r\nabc\r\n"),
                Arguments.of("data longer than its size", "3\r\nabcd\r\n"),
                Arguments.of("data ended by LF", "3\r\nabc\n0\r\n\r\n"),
                Arguments.of("data without its CRLF", "3\r\nabc0\r\n\r\n"),
                Arguments.of("trailer with a bare LF", "0\r\nx: y\n\r\n"),
                Arguments.of("folded trailer", "0\r\nx: y\r\n z\r\n\r\n"),
                Arguments.of("trailer without colon", "0\r\nxyz\r\n\r\n"),
                Arguments.of("trailer with NUL", "0\r\nx: \u0000\r\n\r\n"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bodies")
    void chunks_malformed_areRefusedAndTheServersRequestStaysIncomplete(String name, String body) throws Exception {
        CompletableFuture<String> seen = new CompletableFuture<>();
        try (ScriptedServer patient = ScriptedServer.of(connection -> seen.complete(connection.readToEnd()));
                RunningWeir fronting = RunningWeir.before(patient);
                RawClient client = fronting.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body
                    + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
            RawClient.Message refusal = client.readMessage();
            assertThat(refusal.status()).isEqualTo(400);
            assertThat(refusal.header("connection")).isEqualTo("close");
            client.sendEnd();
            assertThat(client.readToEnd()).isEmpty();
            if (patient.accepted() > 0) {
                assertThat(seen.get(20, TimeUnit.SECONDS))
                        .doesNotContain("smuggled")
                        .doesNotContain("\r\n0\r\n");
            }
        }
    }

    @Test
    void refusal_behindAHeadRequest_hasItsContent() throws Exception {
        try (RawClient client = weir.connect()) {
            client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
            client.send("\u0000");
            RawClient.Message refusal = client.readMessage();
            assertThat(refusal.content())
                    .startsWith("400 ")
                    .hasSize(Integer.parseInt(refusal.header("content-length")));
        }
    }

    @Test
    void refusal_ofAnythingOddThatIsLegal_doesNotHappen() throws Exception {
        String request = "\r\n\r\nM-SEARCH //a//../b?x=%00&y=[{}]|^ HTTP/1.1\r\nhOsT: [::1]:80\r\nx:\r\nx:\ty z\t \r\n"
                + "obs: \u00e9\u00ff\r\n!#$%&'*+-.^_`|~: 1\r\n\r\n";
        try (RawClient client = weir.connect()) {
            client.send(request);
            RawClient.Message response = client.readMessage();
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.content())
                    .startsWith("M-SEARCH //a//../b?x=%00&y=[{}]|^ HTTP/1.1\r\n")
                    .contains("\r\nobs: \u00e9\u00ff\r\n!#$%&'*+-.^_`|~: 1\r\n");
        }
    }

    @Test
    void refusals_inTheAccessLog_areWholeLines(@TempDir Path folder) throws Exception {
        for (String format : new String[] {"json", "combined"}) {
            Path log = folder.resolve(format);
            try (RunningWeir logging = RunningWeir.of("""
                    listeners: [{ bind: "127.0.0.1:0" }]
                    pools: { web: { health: off, servers: ["%s"] } }
                    access-log: { path: %s, format: %s }
                    """.formatted(server.address(), log, format))) {
                assertThat(logging.exchange("GET /a\u0000")).startsWith("HTTP/1.1 400 ");
                assertThat(logging.exchange("\u0000")).startsWith("HTTP/1.1 400 ");
                assertThat(logging.exchange("GET / HTTP/1.1\r\nReferer: x\r\nUser-Agent: y\r\nz\u0000")
                                .isEmpty())
                        .isFalse();
                assertThat(logging.exchange("GET / HTTP/1.1\r\nReferer: x\r\n\r\n"))
                        .startsWith("HTTP/1.1 400 ");
            }
            assertThat(Files.readAllLines(log, StandardCharsets.UTF_8))
                    .hasSize(4)
                    .allMatch(line -> line.contains("400") || line.contains("408"));
        }
    }
}
