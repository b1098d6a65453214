package dev.weir.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.RawClient;
import dev.weir.testing.RawHttp2;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP/2 with servers that behave frame by frame as a test wants it. */
class Http2UpstreamIT {
    private static final String GET = "GET /a?b=c HTTP/1.1\r\nHost: site\r\nConnection: close\r\n\r\n";
    private static final String KEPT_GET = "GET / HTTP/1.1\r\nHost: site\r\n\r\n";
    private static final String POST =
            "POST / HTTP/1.1\r\nHost: site\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";

    /** Netty's codec leaves out 1, as if it had been upgraded to HTTP/2. */
    private static final int FIRST = 3;

    private static final int REFUSED_STREAM = 7;
    private static final int CANCEL = 8;
    private static final int INTERNAL_ERROR = 2;
    private static final int MAX_CONCURRENT_STREAMS = 3;
    private static final int INITIAL_WINDOW_SIZE = 4;
    private static final int ENABLE_CONNECT_PROTOCOL = 8;

    /** What a server does with each request; the head has been read. */
    private interface Answer {
        void to(RawHttp2 connection, RawHttp2.Frame request) throws Exception;
    }

    private static ScriptedServer server(Answer answer, int... settings) throws Exception {
        return ScriptedServer.http2(
                http -> {
                    for (RawHttp2.Frame frame = http.next(); frame != null; frame = http.next()) {
                        if (frame.type() == RawHttp2.HEADERS) {
                            answer.to(http, frame);
                        }
                    }
                },
                settings);
    }

    private static RunningWeir weir(String poolKeys, ScriptedServer... servers) {
        return RunningWeir.before("", "http: [h2]\n" + poolKeys, servers);
    }

    private static void ok(RawHttp2 http, int stream, String content) throws Exception {
        http.headers(stream, false, ":status", "200", "content-length", String.valueOf(content.length()));
        http.data(stream, true, content);
    }

    @Test
    void request_passes_asItsHeadAndContentSay() throws Exception {
        List<String> seen = new ArrayList<>();
        try (ScriptedServer server = ScriptedServer.http2(http -> {
                    RawHttp2.Message message = http.message(FIRST);
                    seen.addAll(message.head());
                    http.headers(FIRST, false, ":status", "103", "link", "x");
                    http.headers(FIRST, false, ":status", "200", "x-more", "y");
                    http.data(FIRST, false, "got ").data(FIRST, false, message.content());
                    http.headers(FIRST, true, "x-trailer", "z");
                    http.next();
                });
                RunningWeir weir = weir("", server)) {
            String answer =
                    weir.exchange("POST /a?b=c HTTP/1.1\r\nHost: site\r\nX-Own: 1\r\nConnection: X-Gone, close\r\n"
                            + "X-Gone: 1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
            assertThat(answer).startsWith("HTTP/1.1 103").contains("HTTP/1.1 200", "x-more: y", "x-trailer: z");
            assertThat(answer).contains("4\r\ngot \r\n", "5\r\nhello\r\n");
            assertThat(seen)
                    .startsWith(":method: POST", ":scheme: http", ":authority: site", ":path: /a?b=c")
                    .contains("x-own: 1", "x-forwarded-for: 127.0.0.1")
                    .noneMatch(field -> field.startsWith("transfer-encoding")
                            || field.startsWith("connection")
                            || field.startsWith("x-gone")
                            || field.startsWith("host"));
        }
    }

    @Test
    void responseThatEndsWithItsHead_endsForTheClient() throws Exception {
        try (ScriptedServer server = server((http, request) -> http.headers(request.stream(), true, ":status", "200"));
                RunningWeir weir = weir("", server);
                RawClient client = weir.connect()) {
            assertThat(client.send(KEPT_GET).readMessage().status()).isEqualTo(200);
            assertThat(client.send(KEPT_GET).readMessage().status()).isEqualTo(200);
            assertThat(server.accepted()).isEqualTo(1);
        }
    }

    @Test
    void requestsWhileConnecting_shareOneConnection() throws Exception {
        CountDownLatch all = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    all.await();
                    RawHttp2 http = RawHttp2.server(connection);
                    for (RawHttp2.Frame frame = http.next(); frame != null; frame = http.next()) {
                        if (frame.type() == RawHttp2.HEADERS) {
                            ok(http, frame.stream(), "x");
                        }
                    }
                });
                RunningWeir weir = weir("timeouts: { connect: 10s }", server)) {
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                clients.add(weir.connect().send(KEPT_GET));
            }
            while (weir.metric("weir_requests_in_flight") < 20) {
                Thread.onSpinWait();
            }
            all.countDown();
            for (RawClient client : clients) {
                assertThat(client.readMessage().content()).isEqualTo("x");
                client.close();
            }
            assertThat(server.accepted()).isEqualTo(1);
        }
    }

    @Test
    void moreRequestsThanStreams_furtherConnections() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        try (ScriptedServer server = server(
                        (http, request) -> {
                            go.await();
                            ok(http, request.stream(), "x");
                        },
                        MAX_CONCURRENT_STREAMS,
                        2);
                RunningWeir weir = weir("", server)) {
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                clients.add(weir.connect().send(KEPT_GET));
            }
            while (server.accepted() < 3) {
                Thread.onSpinWait();
            }
            go.countDown();
            for (RawClient client : clients) {
                assertThat(client.readMessage().content()).isEqualTo("x");
                client.close();
            }
            assertThat(server.accepted()).isEqualTo(3);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {GET, POST})
    void refusedStream_isSentAgain(String request) throws Exception {
        AtomicInteger requests = new AtomicInteger();
        try (ScriptedServer server = server((http, head) -> {
                    if (requests.getAndIncrement() == 0) {
                        http.reset(head.stream(), REFUSED_STREAM);
                    } else {
                        ok(http, head.stream(), "second");
                    }
                });
                RunningWeir weir = weir("", server)) {
            assertThat(weir.exchange(request)).startsWith("HTTP/1.1 200").endsWith("second");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {GET, POST})
    void goAway_aboveLastStream_isSentAgainOnAnotherConnection(String request) throws Exception {
        AtomicInteger requests = new AtomicInteger();
        try (ScriptedServer server = server((http, head) -> {
                    if (requests.getAndIncrement() == 0) {
                        http.goAway(0, 0);
                    } else {
                        ok(http, head.stream(), "second");
                    }
                });
                RunningWeir weir = weir("", server)) {
            assertThat(weir.exchange(request)).startsWith("HTTP/1.1 200").endsWith("second");
            assertThat(server.accepted()).isEqualTo(2);
        }
    }

    @Test
    void goAway_lastStreamFinishes_nextGoesElsewhere() throws Exception {
        AtomicInteger requests = new AtomicInteger();
        try (ScriptedServer server = server((http, head) -> {
                    if (requests.getAndIncrement() == 0) {
                        http.goAway(head.stream(), 0);
                    }
                    ok(http, head.stream(), "x");
                });
                RunningWeir weir = weir("", server);
                RawClient client = weir.connect()) {
            assertThat(client.send(KEPT_GET).readMessage().content()).isEqualTo("x");
            assertThat(client.send(KEPT_GET).readMessage().content()).isEqualTo("x");
            assertThat(server.accepted()).isEqualTo(2);
        }
    }

    @Test
    void resetBeforeHead_postIsNotSentAgain() throws Exception {
        AtomicInteger requests = new AtomicInteger();
        try (ScriptedServer server = server((http, head) -> {
                    requests.incrementAndGet();
                    http.reset(head.stream(), INTERNAL_ERROR);
                });
                RunningWeir weir = weir("", server)) {
            assertThat(weir.exchange(POST)).startsWith("HTTP/1.1 502").contains("server-closed", "INTERNAL_ERROR");
            assertThat(requests).hasValue(1);
        }
    }

    @Test
    void resetWithinResponse_looksCutToTheClient() throws Exception {
        try (ScriptedServer server = server((http, head) -> {
                    http.headers(head.stream(), false, ":status", "200");
                    http.data(head.stream(), false, "half");
                    http.reset(head.stream(), INTERNAL_ERROR);
                });
                RunningWeir weir = weir("", server)) {
            assertThat(weir.exchange(GET)).doesNotContain("0\r\n\r\n");
            assertThat(weir.metric("weir_failures_total{cause=\"response-incomplete\",side=\"server\"}"))
                    .isEqualTo(1);
        }
    }

    @Test
    void connectionEndsWithinResponse_looksCutToTheClient() throws Exception {
        try (ScriptedServer server = server((http, head) -> {
                    http.headers(head.stream(), false, ":status", "200");
                    http.data(head.stream(), false, "half");
                    http.close();
                });
                RunningWeir weir = weir("", server)) {
            assertThat(weir.exchange(GET)).doesNotContain("0\r\n\r\n");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ":status: 2000",
                "x-a: b",
                ":status: 101",
                ":status: 200|X-Upper: a",
                ":status: 200|connection: close",
                ":status: 200|transfer-encoding: chunked",
                ":status: 200|x-a: b\rc",
                ":status: 200|content-length: 5",
                ":status: 200|content-length: 0|content-length: 1",
                ":status: 200|:path: /",
                ":status: 200|te: gzip"
            })
    void malformedHead_isRefused(String fields) throws Exception {
        String[] lines = fields.split("\\|", -1);
        String[] block = new String[2 * lines.length];
        for (int i = 0; i < lines.length; i++) {
            int colon = lines[i].indexOf(": ");
            block[2 * i] = lines[i].substring(0, colon);
            block[2 * i + 1] = lines[i].substring(colon + 2);
        }
        try (ScriptedServer server = server((http, head) -> http.headers(head.stream(), true, block));
                RunningWeir weir = weir("", server)) {
            assertThat(weir.exchange(GET)).startsWith("HTTP/1.1 502").contains("response-malformed");
        }
    }

    @Test
    void contentOtherThanItsLength_isNotWhole() throws Exception {
        try (ScriptedServer server = server((http, head) -> {
                    http.headers(head.stream(), false, ":status", "200", "content-length", "10");
                    http.data(head.stream(), true, "short");
                });
                RunningWeir weir = weir("", server)) {
            weir.exchange(GET);
            assertThat(weir.metric("weir_failures_total{cause=\"response-incomplete\",side=\"server\"}"))
                    .isEqualTo(1);
        }
    }

    @Test
    void hugeHead_costsItsResponseOnly() throws Exception {
        try (ScriptedServer server = server((http, head) -> {
                    if (head.stream() == FIRST) {
                        http.headers(FIRST, true, ":status", "200", "x-a", "a".repeat(4000), "x-b", "b".repeat(2000));
                    } else {
                        ok(http, head.stream(), "x");
                    }
                });
                RunningWeir weir = weir("limits: { header-bytes: 4KiB }", server)) {
            assertThat(weir.exchange(GET)).startsWith("HTTP/1.1 502").contains("response-headers-too-large");
            assertThat(weir.exchange(GET)).endsWith("x");
            assertThat(server.accepted()).isEqualTo(1);
        }
    }

    @Test
    void serverWithoutHttp2_isToldApartBeforeAnyRequest() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readThrough("SM\r\n\r\n");
                    connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
                    connection.readToEnd();
                });
                RunningWeir weir = weir("", server)) {
            assertThat(weir.exchange(POST)).startsWith("HTTP/1.1 502").contains("server-closed");
        }
    }

    @Test
    void serverThatSaysNothing_connectTimeout() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(RawClient::readToEnd);
                RunningWeir weir = weir("timeouts: { connect: 200ms }", server)) {
            assertThat(weir.exchange(GET)).startsWith("HTTP/1.1 504").contains("connect-timeout");
        }
    }

    @Test
    void silentServer_isPinged_andGivenUp() throws Exception {
        try (ScriptedServer server = ScriptedServer.http2(http -> {
                    http.await(RawHttp2.HEADERS);
                    http.silent();
                    http.await(RawHttp2.PING);
                    while (http.next() != null) {}
                });
                RunningWeir weir = weir("http2: { ping-after: 200ms, ping-timeout: 200ms }", server)) {
            assertThat(weir.exchange(POST)).startsWith("HTTP/1.1 502").contains("server-closed", "PING");
        }
    }

    @Test
    void firstByteTimeout_costsItsStreamOnly() throws Exception {
        AtomicInteger resets = new AtomicInteger();
        try (ScriptedServer server = ScriptedServer.http2(http -> {
                    RawHttp2.Frame first = http.await(RawHttp2.HEADERS);
                    resets.set(http.await(RawHttp2.RST_STREAM, first.stream()).intAt(0));
                    ok(http, http.await(RawHttp2.HEADERS).stream(), "x");
                    http.next();
                });
                RunningWeir weir = weir("timeouts: { connect: 10s, first-byte: 1s }", server)) {
            assertThat(weir.exchange(GET)).startsWith("HTTP/1.1 504").contains("first-byte-timeout");
            assertThat(weir.exchange(GET)).endsWith("x");
            assertThat(resets).hasValue(CANCEL);
            assertThat(server.accepted()).isEqualTo(1);
        }
    }

    @Test
    void closedWindow_holdsTheClientBack_andOpensAgain() throws Exception {
        int length = 300_000;
        try (ScriptedServer server = ScriptedServer.http2(
                        http -> {
                            RawHttp2.Message message = http.message(FIRST);
                            ok(http, FIRST, String.valueOf(message.content().length()));
                            http.next();
                        },
                        INITIAL_WINDOW_SIZE,
                        1000);
                RunningWeir weir = weir("", server)) {
            String answer = weir.exchange("POST / HTTP/1.1\r\nHost: site\r\nConnection: close\r\nContent-Length: "
                    + length + "\r\n\r\n" + "x".repeat(length));
            assertThat(answer).endsWith("\r\n\r\n" + length);
        }
    }

    @Test
    void serverThatTakesNoContent_writeTimeout() throws Exception {
        int length = 5_000_000;
        try (ScriptedServer server = ScriptedServer.http2(
                        http -> {
                            while (http.next() != null) {}
                        },
                        INITIAL_WINDOW_SIZE,
                        0);
                RunningWeir weir = weir("timeouts: { body-idle: 300ms }", server)) {
            try (RawClient client = weir.connect()) {
                client.send("POST / HTTP/1.1\r\nHost: site\r\nContent-Length: " + length + "\r\n\r\n"
                        + "x".repeat(100_000));
                assertThat(client.readHead()).startsWith("HTTP/1.1 504").contains("server-write-timeout");
            }
        }
    }

    @Test
    void slowClient_holdsBackItsStreamByTheWindow_othersGoOn() throws Exception {
        int window = 64 << 10;
        AtomicInteger sent = new AtomicInteger();
        try (ScriptedServer server = ScriptedServer.http2(http -> {
                    int slow = http.await(RawHttp2.HEADERS).stream();
                    http.headers(slow, false, ":status", "200");
                    // Weir passes on what the client's sockets take, and then stops giving the window back.
                    int credit = window;
                    while (credit >= 16_000 && sent.get() < 64 << 20) {
                        http.data(slow, false, "s".repeat(16_000));
                        sent.addAndGet(16_000);
                        credit -= 16_000;
                        while (credit < 16_000) {
                            RawHttp2.Frame frame = http.await(any -> any.type() == RawHttp2.WINDOW_UPDATE
                                    || (any.type() == RawHttp2.HEADERS && any.stream() != slow));
                            if (frame.type() == RawHttp2.HEADERS) {
                                ok(http, frame.stream(), "fast");
                            } else if (frame.stream() == slow) {
                                credit += frame.intAt(0);
                            }
                        }
                    }
                });
                RunningWeir weir = weir("", server);
                RawClient slow = weir.connect()) {
            slow.send(KEPT_GET);
            slow.readHead();
            int before = -1;
            while (sent.get() != before) {
                before = sent.get();
                assertThat(weir.exchange(GET)).endsWith("fast");
            }
            assertThat(weir.exchange(GET)).endsWith("fast");
            assertThat(sent.get()).isLessThan(64 << 20);
        }
    }

    @Test
    void clientGoesAway_streamIsCanceled() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch canceled = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.http2(http -> {
                    int stream = http.await(RawHttp2.HEADERS).stream();
                    http.headers(stream, false, ":status", "200").data(stream, false, "x");
                    begun.countDown();
                    assertThat(http.await(RawHttp2.RST_STREAM, stream).intAt(0)).isEqualTo(CANCEL);
                    canceled.countDown();
                });
                RunningWeir weir = weir("", server)) {
            try (RawClient client = weir.connect().send(KEPT_GET)) {
                begun.await();
                client.reset();
            }
            canceled.await();
        }
    }

    @Test
    void earlyResponse_restOfTheRequestIsCalledOff() throws Exception {
        CountDownLatch stopped = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.http2(http -> {
                    int stream = http.await(RawHttp2.HEADERS).stream();
                    http.headers(stream, true, ":status", "413", "content-length", "0");
                    http.await(RawHttp2.RST_STREAM, stream);
                    stopped.countDown();
                });
                RunningWeir weir = weir("", server);
                RawClient client = weir.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: site\r\nContent-Length: 10\r\n\r\nhalf");
            assertThat(client.readHead()).startsWith("HTTP/1.1 413");
            stopped.await();
        }
    }

    @Test
    void idleConnection_isClosedInGoodOrder() throws Exception {
        CountDownLatch goAway = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.http2(http -> {
                    ok(http, http.await(RawHttp2.HEADERS).stream(), "x");
                    if (http.readToGoAway() == 0) {
                        goAway.countDown();
                    }
                });
                RunningWeir weir = weir("connections: { idle-timeout: 200ms }", server)) {
            assertThat(weir.exchange(GET)).endsWith("x");
            goAway.await();
        }
    }

    @Test
    void pingFlood_endsTheConnection() throws Exception {
        CountDownLatch calmed = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.http2(http -> {
                    http.await(RawHttp2.HEADERS);
                    try {
                        for (int i = 0; i < 100_000; i++) {
                            http.ping(i);
                        }
                        http.readToGoAway();
                    } catch (java.io.IOException cut) {
                        // As it should be.
                    }
                    calmed.countDown();
                });
                RunningWeir weir = weir("", server)) {
            assertThat(weir.exchange(POST)).startsWith("HTTP/1.1 502").contains("server-closed");
            calmed.await();
        }
    }

    @Test
    void webSocket_passesThroughAnExtendedConnect() throws Exception {
        List<String> seen = new ArrayList<>();
        try (ScriptedServer server = ScriptedServer.http2(
                        http -> {
                            RawHttp2.Frame head = http.await(RawHttp2.HEADERS);
                            seen.addAll(head.fields());
                            int stream = head.stream();
                            http.headers(stream, false, ":status", "200", "sec-websocket-protocol", "chat");
                            RawHttp2.Frame data = http.await(RawHttp2.DATA, stream);
                            http.data(stream, false, "echo " + data.text());
                            http.await(frame -> frame.type() == RawHttp2.DATA && frame.has(RawHttp2.END_STREAM));
                            http.data(stream, true, "bye");
                            http.next();
                        },
                        ENABLE_CONNECT_PROTOCOL,
                        1);
                RunningWeir weir = weir("", server);
                RawClient client = weir.connect()) {
            client.send("GET /ws HTTP/1.1\r\nHost: site\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
            assertThat(client.readHead())
                    .startsWith("HTTP/1.1 101")
                    .containsIgnoringCase("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
                    .contains("sec-websocket-protocol: chat");
            client.send("ping");
            assertThat(client.readText(9)).isEqualTo("echo ping");
            client.sendEnd();
            assertThat(client.readToEnd()).isEqualTo("bye");
            assertThat(seen).contains(":method: CONNECT", ":protocol: websocket", ":path: /ws");
        }
    }

    @Test
    void webSocket_serverDoesNotTakeIt_isSaidClearly() throws Exception {
        try (ScriptedServer server = server((http, head) -> ok(http, head.stream(), "x"));
                RunningWeir weir = weir("", server)) {
            String upgrade = "GET /ws HTTP/1.1\r\nHost: site\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
            assertThat(weir.exchange(upgrade)).startsWith("HTTP/1.1 502").contains("upgrade-unsupported");
            assertThat(weir.exchange(upgrade)).startsWith("HTTP/1.1 502").contains("upgrade-unsupported");
            assertThat(weir.exchange(GET)).endsWith("x");
            assertThat(server.accepted()).isEqualTo(1);
        }
    }
}
