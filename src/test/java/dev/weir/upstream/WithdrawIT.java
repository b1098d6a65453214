package dev.weir.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.pool.Server;
import dev.weir.pool.ServerSet;
import dev.weir.testing.Quiet;
import dev.weir.testing.RawClient;
import dev.weir.testing.RawHttp2;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import dev.weir.testing.UnansweringServer;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of the requests and connections of a server that went down. */
class WithdrawIT {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    private static final String POST =
            "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    /** In turn over the servers, from the first. */
    private static RunningWeir inTurn(String http, String... addresses) {
        return RunningWeir.of("""
                event-loops: 1
                admin: { bind: "127.0.0.1:0" }
                listeners: [{ bind: "127.0.0.1:0" }]
                pools:
                  web: { balance: round-robin, health: off, ejection: off, http: [%s], servers: ["%s"], timeouts: { connect: 10s } }
                """.formatted(http, String.join("\", \"", addresses)));
    }

    /** What happens at a server that says that a request came, and answers it once it may. */
    private static final class Hesitating {
        final Semaphore came = new Semaphore(0);
        final Semaphore may = new Semaphore(0);

        ScriptedServer server(String http) throws IOException {
            return http.equals("h2") ? ScriptedServer.http2(this::serve) : ScriptedServer.of(this::serve);
        }

        private void serve(RawHttp2 frames) throws Exception {
            for (RawHttp2.Frame frame = frames.next(); frame != null; frame = frames.next()) {
                if (frame.type() == RawHttp2.HEADERS) {
                    hesitate();
                    frames.headers(frame.stream(), false, ":status", "200", "content-length", "2");
                    frames.data(frame.stream(), true, "ok");
                }
            }
        }

        private void serve(RawClient connection) throws Exception {
            while (!connection.readMessage().head().isEmpty()) {
                hesitate();
                connection.send(OK);
            }
        }

        private void hesitate() throws InterruptedException {
            came.release();
            may.acquire();
        }
    }

    private static ScriptedServer willing(String http) throws IOException {
        Hesitating ready = new Hesitating();
        ready.may.release(9);
        return ready.server(http);
    }

    private static Server down(RunningWeir weir, String address) {
        ServerSet servers = weir.weir().pools().iterator().next().servers();
        for (int i = 0; i < servers.size(); i++) {
            if (servers.server(i).name().equals(address)) {
                servers.server(i).limit(0);
                weir.weir().withdraw(servers.server(i));
                return servers.server(i);
            }
        }
        throw new AssertionError(address);
    }

    @ParameterizedTest
    @ValueSource(strings = {"http/1.1", "h2"})
    void getThatWaits_isAnsweredByAnother(String http) throws Exception {
        Hesitating hesitating = new Hesitating();
        try (ScriptedServer hanging = hesitating.server(http);
                ScriptedServer other = willing(http);
                RunningWeir weir = inTurn(http, hanging.address(), other.address());
                RawClient client = weir.connect()) {
            client.send(GET);
            hesitating.came.acquire();
            down(weir, hanging.address());
            assertThat(client.readToEnd()).startsWith("HTTP/1.1 200 ").endsWith("ok");
            Quiet.awaitQuiet(weir);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"http/1.1", "h2"})
    void postThatWasSent_isLeftToWait(String http) throws Exception {
        Hesitating hesitating = new Hesitating();
        try (ScriptedServer slow = hesitating.server(http);
                ScriptedServer other = willing(http);
                RunningWeir weir = inTurn(http, slow.address(), other.address());
                RawClient client = weir.connect()) {
            client.send(POST);
            hesitating.came.acquire();
            down(weir, slow.address());
            weir.exchange(GET);
            hesitating.may.release();
            assertThat(client.readToEnd()).startsWith("HTTP/1.1 200 ").endsWith("ok");
            assertThat(other.accepted()).isEqualTo(1);
            await().untilAsserted(() ->
                    assertThat(slow.open()).as("a connection that is not kept").isZero());
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void getWithoutAnotherServer_isLeftToWait() throws Exception {
        Hesitating hesitating = new Hesitating();
        try (ScriptedServer slow = hesitating.server("http/1.1");
                RunningWeir weir = inTurn("http/1.1", slow.address());
                RawClient client = weir.connect()) {
            client.send(GET);
            hesitating.came.acquire();
            down(weir, slow.address());
            weir.weir().withdraw(down(weir, slow.address()));
            hesitating.may.release();
            assertThat(client.readToEnd()).startsWith("HTTP/1.1 200 ").endsWith("ok");
        }
    }

    @Test
    void postThatWaitsForItsConnection_isSentToAnother() throws Exception {
        try (UnansweringServer silent = new UnansweringServer();
                ScriptedServer other = ScriptedServer.answering(OK);
                RunningWeir weir = inTurn("http/1.1", silent.address(), other.address());
                RawClient client = weir.connect()) {
            client.send(POST);
            await().until(() -> Quiet.sum(weir.metrics(), "weir_upstream_attempts_total{") == 1);
            down(weir, silent.address());
            assertThat(client.readToEnd()).startsWith("HTTP/1.1 200 ").endsWith("ok");
            Quiet.awaitQuiet(weir);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"http/1.1", "h2"})
    void idleConnections_close(String http) throws Exception {
        try (ScriptedServer server = willing(http);
                RunningWeir weir = inTurn(http, server.address())) {
            assertThat(weir.exchange(GET)).startsWith("HTTP/1.1 200 ");
            assertThat(server.open()).isEqualTo(1);
            down(weir, server.address());
            await().untilAsserted(() -> assertThat(server.open()).isZero());
            Quiet.awaitQuiet(weir);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"http/1.1", "h2"})
    void responseUnderWay_isFinished(String http) throws Exception {
        CountDownLatch rest = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    if (http.equals("h2")) {
                        RawHttp2 frames = RawHttp2.server(connection);
                        int stream = frames.await(RawHttp2.HEADERS).stream();
                        frames.headers(stream, false, ":status", "200");
                        frames.data(stream, false, "first,");
                        rest.await();
                        frames.data(stream, true, "last");
                        frames.next();
                    } else {
                        connection.readMessage();
                        connection.send("HTTP/1.1 200 OK\r\n\r\nfirst,");
                        rest.await();
                        connection.send("last");
                    }
                });
                RunningWeir weir = inTurn(http, server.address());
                RawClient client = weir.connect()) {
            client.send(GET);
            String first = client.readThrough("first,");
            weir.weir().withdraw(down(weir, server.address()));
            rest.countDown();
            assertThat(first).startsWith("HTTP/1.1 200 ");
            assertThat(client.readToEnd()).contains("last").endsWith("0\r\n\r\n");
            Quiet.awaitQuiet(weir);
        }
    }
}
