package dev.weir.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.Quiet;
import dev.weir.testing.RawHttp2;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Connections of HTTP/2 that wait for a request, and servers that end them. */
class Http2ReuseIT {
    private static final String GET = "GET / HTTP/1.1\r\nHost: site\r\nConnection: close\r\n\r\n";
    private static final String POST =
            "POST / HTTP/1.1\r\nHost: site\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
    private static final int REFUSED_STREAM = 7;

    private static void answer(RawHttp2 http, RawHttp2.Frame head) throws IOException {
        http.headers(head.stream(), false, ":status", "200", "content-length", "2")
                .data(head.stream(), true, "ok");
    }

    private static RawHttp2.Frame nextHead(RawHttp2 http) throws IOException {
        return http.await(RawHttp2.HEADERS);
    }

    /** Answers requests, and ends each connection without a word when no frame has come for so long. */
    private static ScriptedServer closingAfter(int millis) throws IOException {
        return ScriptedServer.of(connection -> {
            RawHttp2 http = RawHttp2.server(connection);
            answer(http, nextHead(http));
            connection.socket().setSoTimeout(millis);
            try {
                while (true) {
                    answer(http, nextHead(http));
                }
            } catch (SocketTimeoutException idle) {
                // Closed now.
            }
        });
    }

    private static RunningWeir weir(String poolKeys, ScriptedServer server) {
        return RunningWeir.before("", "http: [h2]\ntimeouts: { connect: 10s, first-byte: 1h }\n" + poolKeys, server);
    }

    private static void awaitNoConnection(RunningWeir weir) {
        await().atMost(java.time.Duration.ofSeconds(30))
                .until(() -> Quiet.sum(weir.metrics(), "weir_upstream_http2_connections_open{") == 0);
    }

    @Test
    void idleConnections_areUsedAgain_whateverTheMethod() throws Exception {
        try (ScriptedServer server = closingAfter(10_000);
                RunningWeir weir = weir("", server)) {
            for (int i = 0; i < 20; i++) {
                assertThat(weir.exchange(i % 2 == 0 ? GET : POST)).endsWith("ok");
            }
            assertThat(server.accepted()).isEqualTo(1);
        }
    }

    @Test
    void serverThatClosesEarly_requestsThatCannotBeReplayedGetFreshConnections() throws Exception {
        try (ScriptedServer server = closingAfter(900);
                RunningWeir weir = weir("", server)) {
            assertThat(weir.exchange(GET)).endsWith("ok");
            awaitNoConnection(weir);

            assertThat(weir.exchange(GET)).endsWith("ok");
            assertThat(server.accepted()).isEqualTo(2);
            assertThat(weir.exchange(POST)).endsWith("ok");
            assertThat(server.accepted()).as("the waiting one is not trusted").isEqualTo(3);
            assertThat(weir.exchange(GET)).endsWith("ok");
            assertThat(server.accepted()).as("for a GET it is good enough").isEqualTo(3);
        }
    }

    @Test
    void ageAtWhichTheServerCloses_isLearned() throws Exception {
        try (ScriptedServer server = closingAfter(3_000);
                RunningWeir weir = weir("", server)) {
            assertThat(weir.exchange(GET)).endsWith("ok");
            awaitNoConnection(weir);

            assertThat(weir.exchange(GET)).endsWith("ok");
            assertThat(weir.exchange(POST)).endsWith("ok");
            assertThat(server.accepted()).as("young enough").isEqualTo(2);
            long idleSince = System.nanoTime();
            // More than half of the age, and still open.
            await().pollInterval(java.time.Duration.ofMillis(20))
                    .until(() -> System.nanoTime() - idleSince > 1_700_000_000L);
            assertThat(weir.exchange(POST)).endsWith("ok");
            assertThat(server.accepted()).as("too near to its end").isEqualTo(3);
        }
    }

    @Test
    void connectionEndsUnderARequest_replayedOnAFreshOneIfThatIsSafe() throws Exception {
        AtomicInteger connections = new AtomicInteger();
        CountDownLatch idle = new CountDownLatch(2);
        try (ScriptedServer server = ScriptedServer.http2(http -> {
                    if (connections.incrementAndGet() <= 2) {
                        answer(http, nextHead(http));
                        idle.countDown();
                        // Read, and never answered: as if the server had closed in that moment.
                        nextHead(http);
                    } else {
                        answer(http, nextHead(http));
                        http.next();
                    }
                });
                RunningWeir weir = weir("", server)) {
            assertThat(weir.exchange(GET)).endsWith("ok");
            assertThat(weir.exchange(GET)).as("replayed on a fresh connection").endsWith("ok");
            assertThat(server.accepted()).isEqualTo(2);
            idle.await();
            assertThat(weir.exchange(POST))
                    .as("not on the second, once one was seen to end young")
                    .endsWith("ok");
            assertThat(server.accepted()).isEqualTo(3);
        }
    }

    @Test
    void serverThatIsSilentlyGone_isNoticedSoonByTheNextRequest() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        AtomicInteger connections = new AtomicInteger();
        try (ScriptedServer server = ScriptedServer.http2(http -> {
                    answer(http, nextHead(http));
                    if (connections.incrementAndGet() == 1) {
                        // Open as far as can be seen, but nobody reads there any more.
                        over.await();
                    } else {
                        http.next();
                    }
                });
                RunningWeir weir = weir("http2: { ping-after: 2s, ping-timeout: 500ms }", server)) {
            assertThat(weir.exchange(GET)).endsWith("ok");
            long idleSince = System.nanoTime();
            await().pollInterval(java.time.Duration.ofMillis(20))
                    .until(() -> System.nanoTime() - idleSince > 2_100_000_000L);
            long asked = System.nanoTime();
            assertThat(weir.exchange(GET)).endsWith("ok");
            assertThat(System.nanoTime() - asked)
                    .as("the sign of life is asked for at once")
                    .isLessThan(2_400_000_000L);
            assertThat(server.accepted()).isEqualTo(2);
            over.countDown();
        }
    }

    @Test
    void metrics_tellVersionStreamsGoAwaysAndResets() throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.http2(http -> {
                    http.reset(nextHead(http).stream(), REFUSED_STREAM);
                    RawHttp2.Frame second = nextHead(http);
                    seen.await();
                    answer(http, second);
                    http.goAway(second.stream(), 0);
                    http.next();
                });
                RunningWeir weir = weir("", server)) {
            String labels = "{pool=\"web\",server=\"" + server.address() + "\"}";
            Thread client = Thread.ofVirtual().start(() -> {
                try {
                    weir.exchange(GET);
                } catch (IOException failed) {
                    throw new java.io.UncheckedIOException(failed);
                }
            });
            await().until(() -> weir.metric("weir_upstream_http2_resets_total" + labels) == 1
                    && weir.metric("weir_upstream_http2_streams_open" + labels) == 1);
            assertThat(weir.metric("weir_upstream_http2_connections_open" + labels))
                    .isEqualTo(1);
            seen.countDown();
            client.join();
            await().until(() -> weir.metric("weir_upstream_http2_goaways_total" + labels) == 1
                    && weir.metric("weir_upstream_http2_connections_open" + labels) == 0);
            assertThat(weir.metric("weir_upstream_http2_streams_open" + labels)).isZero();
            assertThat(weir.metric("weir_upstream_http2_connections_total" + labels))
                    .isEqualTo(1);
        }
    }
}
