package dev.weir.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.Quiet;
import dev.weir.testing.RawClient;
import dev.weir.testing.RawHttp2;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Second attempts beside a slow one. */
class HedgingIT {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    private static final String POST = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx";
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private static RunningWeir weir(String http, ScriptedServer... servers) {
        return RunningWeir.of("""
                event-loops: 1
                admin: { bind: "127.0.0.1:0" }
                listeners: [{ bind: "127.0.0.1:0" }]
                pools:
                  web:
                    balance: round-robin
                    http: [%s]
                    servers: ["%s", "%s"]
                    hedging: { enabled: on, share: 50%% }
                    health: off
                    ejection: off
                """.formatted(http, servers[0].address(), servers[1].address()));
    }

    /** Answers all requests, but those that come while it hangs never. */
    private static ScriptedServer server(String http, AtomicBoolean hangs, AtomicInteger hanging) throws IOException {
        return ScriptedServer.of(connection -> {
            if (http.equals("h2")) {
                RawHttp2 frames = RawHttp2.server(connection);
                for (RawHttp2.Frame frame = frames.next(); frame != null; frame = frames.next()) {
                    if (frame.type() == RawHttp2.HEADERS && hangs.get()) {
                        hanging.incrementAndGet();
                    } else if (frame.type() == RawHttp2.HEADERS) {
                        frames.headers(frame.stream(), false, ":status", "200", "content-length", "2");
                        frames.data(frame.stream(), true, "ok");
                    } else if (frame.type() == RawHttp2.RST_STREAM) {
                        hanging.decrementAndGet();
                    }
                }
                return;
            }
            while (!connection.readMessage().head().isEmpty()) {
                if (!hangs.get()) {
                    connection.send(OK);
                } else {
                    hanging.incrementAndGet();
                    connection.readToEnd();
                    hanging.decrementAndGet();
                }
            }
        });
    }

    private static void learn(RunningWeir weir) throws Exception {
        try (RawClient client = weir.connect()) {
            for (int i = 0; i < 400; i++) {
                client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                assertThat(client.readMessage().status()).isEqualTo(200);
            }
        }
    }

    /** The first look at the histograms comes after a second; until then slow requests wait. */
    private static void awaitHedging(RunningWeir weir) {
        await().ignoreExceptions().until(() -> {
            try (RawClient client = weir.connect()) {
                client.socket().setSoTimeout(500);
                client.send(GET);
                client.readHead();
            }
            return weir.metric("weir_hedges_won_total{pool=\"web\"}") > 0;
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"http/1.1", "h2"})
    void slowGet_isAnsweredByTheSecondServer_firstIsCancelled(String http) throws Exception {
        AtomicBoolean hangs = new AtomicBoolean();
        AtomicInteger hanging = new AtomicInteger();
        try (ScriptedServer slow = server(http, hangs, hanging);
                ScriptedServer other = server(http, new AtomicBoolean(), new AtomicInteger());
                RunningWeir weir = weir(http, slow, other)) {
            learn(weir);
            hangs.set(true);
            awaitHedging(weir);
            for (int i = 0; i < 10; i++) {
                assertThat(weir.exchange(GET)).startsWith("HTTP/1.1 200 ").endsWith("ok");
            }
            assertThat(weir.metric("weir_hedges_won_total{pool=\"web\"}")).isPositive();
            assertThat(weir.metric("weir_failures_total{cause=\"internal\",side=\"proxy\"}"))
                    .isZero();
            Quiet.awaitQuiet(weir);
            await().untilAsserted(() -> assertThat(hanging.get()).isZero());
        }
    }

    @Test
    void slowPost_isNotSentTwice() throws Exception {
        AtomicBoolean hangs = new AtomicBoolean();
        AtomicInteger hanging = new AtomicInteger();
        try (ScriptedServer slow = server("http/1.1", hangs, hanging);
                ScriptedServer other = server("http/1.1", new AtomicBoolean(), new AtomicInteger());
                RunningWeir weir = weir("http/1.1", slow, other)) {
            learn(weir);
            hangs.set(true);
            awaitHedging(weir);
            await().until(() -> hanging.get() == 0); // the server may still hear of those that were given up
            double before = weir.metric("weir_hedges_total{pool=\"web\"}");
            try (RawClient one = weir.connect();
                    RawClient two = weir.connect()) {
                one.send(POST);
                two.send(POST);
                await().until(() -> hanging.get() == 1);
                weir.exchange(GET);
                assertThat(weir.metric("weir_hedges_total{pool=\"web\"}")).isLessThanOrEqualTo(before + 1);
                await().untilAsserted(() -> assertThat(hanging.get()).isEqualTo(1));
            }
            Quiet.awaitQuiet(weir);
        }
    }
}
