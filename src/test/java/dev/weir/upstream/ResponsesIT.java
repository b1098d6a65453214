package dev.weir.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.FaultyRelay;
import dev.weir.testing.Quiet;
import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Every way in which a server may frame a response, as the client gets it. */
class ResponsesIT {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final String LAST_GET = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    /** What a client gets for one request, and whether the server saw a second request on the same connection. */
    private static void twoRequests(String response, int connections, String content) throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(response);
                RunningWeir weir = RunningWeir.before(server)) {
            try (RawClient client = weir.connect()) {
                for (int i = 0; i < 2; i++) {
                    RawClient.Message got = client.send(GET).readMessage();
                    assertThat(got.head()).startsWith("HTTP/1.1 200 Fine\r\n");
                    assertThat(got.content()).isEqualTo(content);
                }
            }
            assertThat(server.accepted()).isEqualTo(connections);
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void contentLength_relayed_connectionReused() throws Exception {
        twoRequests("HTTP/1.1 200 Fine\r\nContent-Length: 5\r\n\r\nhello", 1, "hello");
    }

    @Test
    void emptyBody_relayed_connectionReused() throws Exception {
        twoRequests("HTTP/1.1 200 Fine\r\nContent-Length: 0\r\n\r\n", 1, "");
    }

    @Test
    void chunked_relayed_connectionReused() throws Exception {
        twoRequests(
                "HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", 1, "hello");
    }

    @Test
    void chunkedWithExtensions_relayedWithout_connectionReused() throws Exception {
        twoRequests(
                "HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b;c=\"d\\\"\"\r\nhel\r\n2;x\r\nlo\r\n0;last\r\n\r\n",
                1,
                "hello");
    }

    @Test
    void connectionClose_relayed_connectionNotReused() throws Exception {
        twoRequests("HTTP/1.1 200 Fine\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello", 2, "hello");
    }

    @Test
    void http10WithoutKeepAlive_relayedAs11_connectionNotReused() throws Exception {
        twoRequests("HTTP/1.0 200 Fine\r\nContent-Length: 5\r\n\r\nhello", 2, "hello");
    }

    @Test
    void http10WithKeepAlive_relayedAs11_connectionReused() throws Exception {
        twoRequests("HTTP/1.0 200 Fine\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello", 1, "hello");
    }

    @Test
    void trailers_chunked_passOnButFramingFields() throws Exception {
        String response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                + "5\r\nhello\r\n0\r\nX-Sum: 42\r\nContent-Length: 7\r\n\r\n";
        try (ScriptedServer server = ScriptedServer.answering(response);
                RunningWeir weir = RunningWeir.before(server)) {
            String got = weir.exchange(LAST_GET);
            assertThat(got).contains("Trailer: X-Sum\r\n").endsWith("0\r\nX-Sum: 42\r\n\r\n");
        }
    }

    @Test
    void closeDelimited_http11Client_isChunked() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readMessage();
                    connection.send("HTTP/1.1 200 OK\r\n\r\nhello");
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            RawClient.Message got = client.send(GET).readMessage();
            assertThat(got.header("Transfer-Encoding")).isEqualTo("chunked");
            assertThat(got.content()).isEqualTo("hello");
            assertThat(client.send(GET).readMessage().content()).isEqualTo("hello");
            assertThat(server.accepted()).isEqualTo(2);
        }
    }

    @Test
    void chunked_http10Client_isCloseDelimited() throws Exception {
        String response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
        try (ScriptedServer server = ScriptedServer.answering(response);
                RunningWeir weir = RunningWeir.before(server)) {
            String got = weir.exchange("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
            assertThat(got).doesNotContain("chunked").endsWith("\r\n\r\nhello");
        }
    }

    @Test
    void noContentAndNotModified_withLengths_haveNoBody() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readMessage();
                    connection.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n");
                    connection.readMessage();
                    connection.send("HTTP/1.1 204 No Content\r\n\r\n");
                    connection.readMessage();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            assertThat(client.send(GET).readHead()).startsWith("HTTP/1.1 304 ").contains("Content-Length: 9");
            assertThat(client.send(GET).readHead()).startsWith("HTTP/1.1 204 ");
            assertThat(client.send(GET).readMessage().content()).isEqualTo("ok");
            assertThat(server.accepted()).isEqualTo(1);
        }
    }

    @Test
    void head_lengthWithoutBody_connectionReused() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            for (int i = 0; i < 2; i++) {
                client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
                assertThat(client.readHead()).contains("Content-Length: 1000\r\n");
            }
            assertThat(server.accepted()).isEqualTo(1);
        }
    }

    @Test
    void interimResponses_severalBeforeFinal_allPassOn() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                        + "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send(GET);
            assertThat(client.readHead()).isEqualTo("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
            assertThat(client.readHead()).startsWith("HTTP/1.1 102 ");
            assertThat(client.readMessage().content()).isEqualTo("ok");
        }
    }

    @Test
    void interimResponses_withoutEnd_give502() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100));
                RunningWeir weir = RunningWeir.before(server)) {
            assertThat(weir.exchange(LAST_GET)).contains("HTTP/1.1 502 ").contains("details=\"response-malformed\"");
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void switchingProtocols_unasked_gives502() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(
                        "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
                RunningWeir weir = RunningWeir.before(server)) {
            assertThat(weir.exchange(LAST_GET)).startsWith("HTTP/1.1 502 ").contains("details=\"upgrade-failed\"");
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void everyByteApart_bothDirections_byteExact() throws Exception {
        String echoed = random(3_000);
        try (ScriptedServer server = ScriptedServer.echoing();
                FaultyRelay relay =
                        FaultyRelay.before(server.port(), FaultyRelay.trickling(), FaultyRelay.trickling());
                RunningWeir weir = behind(relay);
                RawClient client = weir.connect()) {
            for (int i = 0; i < 2; i++) {
                client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000\r\n\r\n" + echoed);
                assertThat(client.readMessage().content()).endsWith("\r\n\r\n" + echoed);
            }
        }
    }

    @Test
    void everyByteApart_chunkedBothWays_byteExact() throws Exception {
        String chunks = "5\r\nhello\r\n1;e=1\r\n \r\n5\r\nworld\r\n0\r\nX-T: 1\r\n\r\n";
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    while (connection.readMessage().content().equals("hello world")) {
                        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
                    }
                });
                FaultyRelay relay =
                        FaultyRelay.before(server.port(), FaultyRelay.trickling(), FaultyRelay.trickling());
                RunningWeir weir = behind(relay);
                RawClient client = weir.connect()) {
            for (int i = 0; i < 2; i++) {
                client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
                assertThat(client.readMessage().content()).isEqualTo("hello world");
            }
        }
    }

    private static RunningWeir behind(FaultyRelay relay) {
        return RunningWeir.of("""
                event-loops: 1
                listeners: [{ bind: "127.0.0.1:0" }]
                pools: { web: { health: off, servers: ["%s"] } }
                """.formatted(relay.address()));
    }

    private static String random(int length) {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder(length);
        while (text.length() < length) {
            text.append((char) random.nextInt(256));
        }
        return text.toString();
    }
}
