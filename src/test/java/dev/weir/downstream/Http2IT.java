package dev.weir.downstream;

import static dev.weir.testing.RawHttp2.DATA;
import static dev.weir.testing.RawHttp2.GOAWAY;
import static dev.weir.testing.RawHttp2.HEADERS;
import static dev.weir.testing.RawHttp2.PING;
import static dev.weir.testing.RawHttp2.RST_STREAM;
import static dev.weir.testing.RawHttp2.WINDOW_UPDATE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.RawClient;
import dev.weir.testing.RawHttp2;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class Http2IT {
    private static final int NO_ERROR = 0;
    private static final int PROTOCOL_ERROR = 1;
    private static final int INTERNAL_ERROR = 2;
    private static final int STREAM_CLOSED = 5;
    private static final int REFUSED_STREAM = 7;
    private static final int CANCEL = 8;
    private static final int INITIAL_WINDOW_SIZE = 4;

    private static RunningWeir weir(String listenerKeys, ScriptedServer server) {
        return RunningWeir.before("http: [h2]\n" + listenerKeys, "", server);
    }

    private static RawHttp2 client(RunningWeir weir, int... settings) throws IOException {
        return RawHttp2.client(weir.connect(), settings);
    }

    @Test
    void get_echo_isForwardedAsHttp1() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir("", server);
                RawHttp2 client = client(weir)) {
            RawHttp2.Message answer = client.request(1, true, "GET", "/x?y", "cookie", "a=1", "cookie", "b=2")
                    .message(1);

            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.content())
                    .startsWith("GET /x?y HTTP/1.1\r\nhost: a\r\n")
                    .contains("cookie: a=1; b=2\r\n", "X-Forwarded-Proto: http\r\n")
                    .doesNotContain("ransfer-");
        }
    }

    @Test
    void manyStreams_atOnce_areAllAnswered() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir("", server);
                RawHttp2 client = client(weir)) {
            for (int i = 0; i < 50; i++) {
                client.request(2 * i + 1, true, "GET", "/" + i);
            }
            for (int i = 49; i >= 0; i--) {
                assertThat(client.message(2 * i + 1).content()).startsWith("GET /" + i + " ");
            }
            weir.awaitMetric("weir_downstream_http2_streams_open", 0);
            weir.awaitMetric("weir_downstream_http2_connections_total", 1);
        }
    }

    @Test
    void post_lengthUnknown_goesOnChunkedWithTrailers() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    String body = connection.readThrough("\r\n\r\n");
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
                });
                RunningWeir weir = weir("", server);
                RawHttp2 client = client(weir)) {
            client.request(1, false, "POST", "/").data(1, false, "hello").headers(1, true, "x-sum", "42");

            assertThat(client.message(1).content()).isEqualTo("5\r\nhello\r\n0\r\nx-sum: 42\r\n\r\n");
        }
    }

    @Test
    void post_lengthKnown_keepsIt() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir("", server);
                RawHttp2 client = client(weir)) {
            client.request(1, false, "POST", "/", "content-length", "5")
                    .data(1, false, "he")
                    .data(1, true, "llo");

            assertThat(client.message(1).content())
                    .contains("content-length: 5\r\n")
                    .endsWith("hello");
        }
    }

    @Test
    void response_withTrailers_passesThem() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                        + "Connection: X-Hop\r\nX-Hop: 1\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 7\r\n\r\n");
                RunningWeir weir = weir("", server);
                RawHttp2 client = client(weir)) {
            RawHttp2.Message answer = client.request(1, true, "GET", "/").message(1);

            assertThat(answer.content()).isEqualTo("hi");
            assertThat(answer.trailers()).containsExactly("x-sum: 7");
            assertThat(answer.head()).noneMatch(line -> line.startsWith("x-hop") || line.startsWith("transfer-"));
        }
    }

    @Test
    void response_withoutContent_endsWithItsHead() throws Exception {
        try (ScriptedServer server =
                        ScriptedServer.answering("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n");
                RunningWeir weir = weir("", server);
                RawHttp2 client = client(weir)) {
            client.request(1, true, "GET", "/").request(3, true, "HEAD", "/");

            assertThat(client.await(HEADERS, 1).has(RawHttp2.END_STREAM)).isTrue();
            assertThat(client.await(HEADERS, 3).has(RawHttp2.END_STREAM)).isTrue();
        }
    }

    @Test
    void interim_responses_arePassed() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                        + "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n");
                RunningWeir weir = weir("", server);
                RawHttp2 client = client(weir)) {
            client.request(1, true, "GET", "/");

            assertThat(client.await(HEADERS, 1).fields()).contains(":status: 103", "link: </a>");
            RawHttp2.Frame last = client.await(HEADERS, 1);
            assertThat(last.fields()).contains(":status: 204").noneMatch(line -> line.startsWith("content-length"));
            assertThat(last.has(RawHttp2.END_STREAM)).isTrue();
        }
    }

    @Test
    void response_cutShort_isReset() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf");
                });
                RunningWeir weir = weir("", server);
                RawHttp2 client = client(weir)) {
            client.request(1, true, "GET", "/");

            assertThat(client.await(RST_STREAM, 1).intAt(0)).isEqualTo(INTERNAL_ERROR);
            assertThat(client.request(3, true, "GET", "/").await(HEADERS, 3).fields())
                    .contains(":status: 200");
        }
    }

    @Test
    void earlyResponse_restOfRequest_isNotWanted() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
                    connection.readToEnd();
                });
                RunningWeir weir = weir("timeouts: { linger: 200ms }", server);
                RawHttp2 client = client(weir)) {
            client.request(1, false, "POST", "/").data(1, false, "some");

            assertThat(client.message(1).status()).isEqualTo(413);
            assertThat(client.await(RST_STREAM, 1).intAt(0)).isEqualTo(NO_ERROR);
            // What was on its way when the client learnt of it is no error.
            client.data(1, false, "more").data(1, true, "end").ping(7);
            assertThat(client.await(PING).has(RawHttp2.ACK)).isTrue();
            weir.awaitMetric("weir_requests_in_flight", 0);
        }
    }

    @Test
    void earlyResponse_restOfRequest_isTakenForAWhile() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
                });
                RunningWeir weir = weir("timeouts: { linger: 1h }\nhttp2: { stream-window: 65535B }", server);
                RawHttp2 client = client(weir)) {
            client.request(1, false, "POST", "/");
            assertThat(client.message(1).content()).isEqualTo("no");

            // More than the window: what is dropped is given back, and the stream ends without a reset.
            String piece = "x".repeat(10_000);
            for (int room = 60_000, sent = 0; sent < 500_000; sent += piece.length()) {
                while (room < piece.length()) {
                    room += client.await(WINDOW_UPDATE, 1).intAt(0);
                }
                client.data(1, false, piece);
                room -= piece.length();
            }
            client.data(1, true, "end").ping(7);
            assertThat(client.await(frame -> frame.type() == PING || frame.type() == RST_STREAM)
                            .type())
                    .isEqualTo(PING);
            weir.awaitMetric("weir_downstream_http2_streams_open", 0);
        }
    }

    @Test
    void reset_byClient_endsTheExchange() throws Exception {
        CountDownLatch gone = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.readToEnd();
                    gone.countDown();
                });
                RunningWeir weir = weir("", server);
                RawHttp2 client = client(weir)) {
            client.request(1, true, "GET", "/");
            await().until(() -> server.accepted() == 1);
            client.reset(1, CANCEL);

            gone.await();
            weir.awaitMetric("weir_requests_in_flight", 0);
            weir.awaitMetric("weir_failures_total{cause=\"client-aborted\",side=\"client\"}", 1);
        }
    }

    @Test
    void malformedRequest_isAnsweredAndReset() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir("", server);
                RawHttp2 client = client(weir)) {
            client.request(1, true, "GET", "/", "connection", "close");

            assertThat(client.await(HEADERS, 1).fields()).contains(":status: 400");
            assertThat(client.await(DATA, 1).text()).contains("RFC 9113 8.2.2");
            assertThat(client.await(RST_STREAM, 1).intAt(0)).isEqualTo(PROTOCOL_ERROR);
            assertThat(client.request(3, true, "GET", "/").message(3).status()).isEqualTo(200);
        }
    }

    @Test
    void content_notAsLongAsItSays_isReset() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(RawClient::readToEnd);
                RunningWeir weir = weir("", server);
                RawHttp2 client = client(weir)) {
            client.request(1, false, "POST", "/", "content-length", "5").data(1, true, "four");
            assertThat(client.await(RST_STREAM, 1).intAt(0)).isEqualTo(PROTOCOL_ERROR);

            client.request(3, false, "POST", "/", "content-length", "5").data(3, false, "sixsix");
            assertThat(client.await(RST_STREAM, 3).intAt(0)).isEqualTo(PROTOCOL_ERROR);

            client.request(5, false, "POST", "/", "content-length", "5").headers(5, true, "x", "y");
            assertThat(client.await(RST_STREAM, 5).intAt(0)).isEqualTo(PROTOCOL_ERROR);
        }
    }

    @Test
    void tooLargeHead_isAnswered431() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir("limits: { header-bytes: 2KiB, request-line-bytes: 1KiB }", server);
                RawHttp2 client = client(weir)) {
            client.request(1, true, "GET", "/", "x", "y".repeat(3000));
            assertThat(client.message(1).status()).isEqualTo(431);

            client.request(3, true, "GET", "/" + "y".repeat(1500));
            assertThat(client.message(3).status()).isEqualTo(414);
        }
    }

    @Test
    void moreStreamsThanAllowed_areRefused() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(RawClient::readToEnd);
                RunningWeir weir = weir("http2: { max-concurrent-streams: 2 }", server);
                RawHttp2 client = client(weir)) {
            client.request(1, true, "GET", "/").request(3, true, "GET", "/").request(5, false, "POST", "/");

            assertThat(client.await(RST_STREAM).stream()).isEqualTo(5);
            client.data(5, true, "on its way")
                    .reset(1, CANCEL)
                    .request(7, true, "GET", "/")
                    .request(9, true, "GET", "/");
            RawHttp2.Frame refused = client.await(RST_STREAM);
            assertThat(refused.stream()).isEqualTo(9);
            assertThat(refused.intAt(0)).isEqualTo(REFUSED_STREAM);
        }
    }

    @Test
    void data_onEndedStream_isStreamClosed() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(RawClient::readToEnd);
                RunningWeir weir = weir("", server);
                RawHttp2 client = client(weir)) {
            client.request(1, true, "GET", "/").data(1, true, "more");

            assertThat(client.await(RST_STREAM, 1).intAt(0)).isEqualTo(STREAM_CLOSED);
        }
    }

    @Test
    void headers_behindTheEnd_areStreamClosed() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(RawClient::readToEnd);
                RunningWeir weir = weir("", server);
                RawHttp2 client = client(weir)) {
            client.request(1, true, "GET", "/").headers(1, true, "x", "y");
            assertThat(client.await(RST_STREAM, 1).intAt(0)).isEqualTo(STREAM_CLOSED);

            client.request(5, true, "GET", "/").request(3, true, "GET", "/");
            assertThat(client.readToGoAway()).isEqualTo(STREAM_CLOSED);
        }
    }

    @Test
    void errorOfTheConnection_withoutARequest_isCountedAndExplained() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(RawClient::readToEnd);
                RunningWeir weir = weir("", server);
                RawHttp2 client = client(weir)) {
            client.send(
                    RawHttp2.HEADERS, RawHttp2.END_HEADERS | RawHttp2.END_STREAM, 1, new byte[] {0, 1, 'x', 5, 'a'});
            assertThat(client.await(RawHttp2.GOAWAY).text()).endsWith("decode only works with an entire header block");
            weir.awaitMetric("weir_failures_total{cause=\"request-malformed\",side=\"client\"}", 1);
        }
    }

    @Test
    void slowServer_holdsItsClientBackByItsWindowOnly() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    String head = connection.readHead();
                    if (head.startsWith("POST /slow")) {
                        go.await();
                        connection.socket().close();
                    } else {
                        connection.send("HTTP/1.1 204 No Content\r\n\r\n");
                    }
                });
                RunningWeir weir = weir("http2: { stream-window: 64KiB, connection-window: 256KiB }", server);
                RawHttp2 client = client(weir)) {
            client.request(1, false, "POST", "/slow");
            await().until(() -> server.accepted() == 1);
            String piece = "x".repeat(16_000);
            int room = 65_536;
            int got = 0;
            // The kernel takes a few hundred KiB on the way; what is given back ends when that is full.
            while (room >= piece.length() && got < 50_000_000) {
                client.data(1, false, piece);
                room -= piece.length();
                got += piece.length();
                client.ping(got);
                RawHttp2.Frame frame;
                do {
                    frame = java.util.Objects.requireNonNull(client.next());
                    if (frame.type() == WINDOW_UPDATE && frame.stream() == 1) {
                        room += frame.intAt(0);
                    }
                } while (frame.type() != PING);
            }
            assertThat(got).isLessThan(50_000_000);

            assertThat(client.request(3, true, "GET", "/").await(HEADERS, 3).fields())
                    .contains(":status: 204");
            go.countDown();
        }
    }

    @Test
    void slowClient_ofOneStream_doesNotStopTheOthers() throws Exception {
        String body = "x".repeat(4_000_000);
        try (ScriptedServer server = ScriptedServer.answering(
                        "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
                RunningWeir weir = weir("", server);
                RawHttp2 client = client(weir, INITIAL_WINDOW_SIZE, 0)) {
            client.windowUpdate(0, 100_000_000).request(1, true, "GET", "/");
            client.await(HEADERS, 1);

            client.request(3, true, "GET", "/").windowUpdate(3, 5_000_000);
            assertThat(client.message(3).content()).hasSize(body.length());
            client.windowUpdate(1, 5_000_000);
            assertThat(client.message(1).content()).hasSize(body.length());
        }
    }

    @Test
    void webSocket_overStream_isTunnelled() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    String head = connection.readHead();
                    connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            + "Sec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: chat\r\n\r\n");
                    connection.send(
                            head.startsWith("GET /chat") && head.contains("sec-websocket-key: ") ? "yes" : "no");
                    connection.send(connection.readToEnd() + "!");
                });
                RunningWeir weir = weir("", server);
                RawHttp2 client = client(weir)) {
            assertThat(client.await(RawHttp2.SETTINGS).setting(8)).isEqualTo(1);
            client.webSocket(1, "http", "/chat", "a", "sec-websocket-protocol", "chat")
                    .data(1, false, "early ");

            assertThat(client.await(HEADERS, 1).fields()).contains(":status: 200", "sec-websocket-protocol: chat");
            assertThat(client.await(DATA, 1).text()).isEqualTo("yes");
            client.data(1, false, "bytes").data(1, true, "");
            StringBuilder echoed = new StringBuilder();
            RawHttp2.Frame frame;
            do {
                frame = client.await(DATA, 1);
                echoed.append(frame.text());
            } while (!frame.has(RawHttp2.END_STREAM));
            assertThat(echoed).hasToString("early bytes!");
            weir.awaitMetric("weir_tunnels_open", 0);
        }
    }

    @Test
    void webSocket_refused_isAnswered() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
                RunningWeir weir = weir("", server);
                RawHttp2 client = client(weir)) {
            client.webSocket(1, "http", "/", "a");

            assertThat(client.message(1).status()).isEqualTo(403);
            assertThat(client.await(RST_STREAM, 1).intAt(0)).isEqualTo(NO_ERROR);
        }
    }

    @Test
    void bodyThatStops_isAnswered408() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(RawClient::readToEnd);
                RunningWeir weir = weir("timeouts: { body-idle: 1s }", server);
                RawHttp2 client = client(weir)) {
            client.request(1, false, "POST", "/").data(1, false, "some");

            assertThat(client.message(1).status()).isEqualTo(408);
            assertThat(client.await(RST_STREAM, 1).intAt(0)).isEqualTo(NO_ERROR);
        }
    }

    @Test
    void noWindow_forTooLong_isReset() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
                RunningWeir weir = weir("timeouts: { body-idle: 1s }", server);
                RawHttp2 client = client(weir, INITIAL_WINDOW_SIZE, 0)) {
            client.request(1, true, "GET", "/");

            assertThat(client.await(RST_STREAM, 1).intAt(0)).isEqualTo(CANCEL);
            weir.awaitMetric("weir_failures_total{cause=\"client-write-timeout\",side=\"client\"}", 1);
        }
    }

    @Test
    void partOfAHead_forTooLong_endsTheConnection() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir("timeouts: { request-head: 1s, handshake: 1s }", server);
                RawHttp2 client = client(weir);
                RawHttp2 inFrame = client(weir);
                RawClient silent = weir.connect()) {
            byte[] block = RawHttp2.block(":method", "GET");
            client.silent().send(HEADERS, 0, 1, block);
            inFrame.request(1, true, "GET", "/").message(1);
            inFrame.send(100, HEADERS, RawHttp2.END_HEADERS, 3, block);

            assertThat(client.readToGoAway()).isEqualTo(NO_ERROR);
            assertThat(inFrame.readToGoAway()).isEqualTo(NO_ERROR);
            silent.readToEnd();
        }
    }

    @Test
    void idleConnection_forTooLong_isToldAndClosed() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir("timeouts: { keep-alive: 1s }", server);
                RawHttp2 client = client(weir)) {
            client.request(1, true, "GET", "/").message(1);

            assertThat(client.readToGoAway()).isEqualTo(NO_ERROR);
        }
    }

    @Test
    void stop_streamUnderWay_finishesAfterTwoGoAways() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    go.await();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
                });
                RunningWeir weir = weir("", server);
                RawHttp2 client = client(weir)) {
            client.request(1, true, "GET", "/");
            await().until(() -> server.accepted() == 1);
            Thread stop = Thread.ofVirtual().start(weir::close);

            RawHttp2.Frame announced = client.await(GOAWAY);
            assertThat(announced.intAt(0)).isEqualTo(Integer.MAX_VALUE);
            // Sent before the client knew, so it is served, too; the client's answer to the ping comes behind it.
            client.request(3, true, "GET", "/");
            RawHttp2.Frame last = client.await(GOAWAY);
            assertThat(last.intAt(0)).isIn(1, 3);
            go.countDown();
            assertThat(client.message(1).content()).isEqualTo("done");
            client.readToGoAway();
            stop.join();
        }
    }

    @Test
    void accessLog_sawHttp2() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir("forwarding: { via: on }", server);
                RawHttp2 client = client(weir)) {
            RawHttp2.Message answer = client.request(1, true, "GET", "/").message(1);

            assertThat(answer.head()).contains("via: 1.1 weir");
            assertThat(answer.content()).contains("Via: 2.0 weir\r\n");
        }
    }
}
