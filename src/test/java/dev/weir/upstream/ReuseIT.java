package dev.weir.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.Quiet;
import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Which connection a request gets, how long one is kept, and that nothing comes over one that was not asked for. */
class ReuseIT {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static final String IDLE = "weir_upstream_connections_idle{";

    /** Answers with the number of its connection, counted from 1. */
    private static ScriptedServer numbered(String fields) throws Exception {
        AtomicInteger connections = new AtomicInteger();
        return ScriptedServer.of(connection -> {
            String number = String.valueOf(connections.incrementAndGet());
            while (!connection.readMessage().head().isEmpty()) {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n" + fields + "\r\n" + number);
            }
        });
    }

    private static double idle(RunningWeir weir) throws Exception {
        return Quiet.sum(weir.metrics(), IDLE);
    }

    @Test
    void severalIdle_theLastUsedIsTakenFirst() throws Exception {
        CyclicBarrier together = new CyclicBarrier(2);
        AtomicInteger connections = new AtomicInteger();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    String number = String.valueOf(connections.incrementAndGet());
                    RawClient.Message request = connection.readMessage();
                    while (!request.head().isEmpty()) {
                        if (request.head().startsWith("GET /together")) {
                            together.await(10, TimeUnit.SECONDS);
                        }
                        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + number);
                        request = connection.readMessage();
                    }
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient a = weir.connect();
                RawClient b = weir.connect()) {
            a.send("GET /together HTTP/1.1\r\nHost: a\r\n\r\n");
            b.send("GET /together HTTP/1.1\r\nHost: a\r\n\r\n");
            a.readMessage();
            b.readMessage();
            String last = a.send(GET).readMessage().content();
            for (int i = 0; i < 5; i++) {
                assertThat(b.send(GET).readMessage().content()).isEqualTo(last);
            }
            assertThat(server.accepted()).isEqualTo(2);
        }
    }

    @Test
    void idleBound_moreConnectionsThanKept_oldestClose() throws Exception {
        CyclicBarrier together = new CyclicBarrier(4);
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readMessage();
                    together.await(10, TimeUnit.SECONDS);
                    connection.send(OK);
                    connection.readMessage();
                });
                RunningWeir weir = RunningWeir.before("", "connections: { idle: 2 }", server)) {
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                clients.add(weir.connect().send(GET));
            }
            for (RawClient client : clients) {
                assertThat(client.readMessage().content()).isEqualTo("ok");
                client.close();
            }
            await().until(() -> server.open() == 2);
            assertThat(idle(weir)).isEqualTo(2);
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void idleBoundZero_everyRequestHasItsOwnConnection() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(OK);
                RunningWeir weir = RunningWeir.before("", "connections: { idle: 0 }", server);
                RawClient client = weir.connect()) {
            for (int i = 0; i < 3; i++) {
                assertThat(client.send(GET).readMessage().content()).isEqualTo("ok");
            }
            assertThat(server.accepted()).isEqualTo(3);
            await().until(() -> server.open() == 0);
        }
    }

    @Test
    void idleTimeout_passed_connectionCloses() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(OK);
                RunningWeir weir = RunningWeir.before("", "connections: { idle-timeout: 50ms }", server);
                RawClient client = weir.connect()) {
            assertThat(client.send(GET).readMessage().content()).isEqualTo("ok");
            await().until(() -> server.open() == 0);
            assertThat(idle(weir)).isZero();
            assertThat(client.send(GET).readMessage().content()).isEqualTo("ok");
            assertThat(server.accepted()).isEqualTo(2);
        }
    }

    @Test
    void keepAliveTimeout_announced_connectionClosesBeforeIt() throws Exception {
        try (ScriptedServer server = numbered("Keep-Alive: timeout=1, max=100\r\n");
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            long shortest = Long.MAX_VALUE;
            // On a busy machine the end may be seen late.
            for (int i = 0; i < 10 && shortest >= 1_000; i++) {
                long start = System.nanoTime();
                client.send(GET).readMessage();
                await().pollInterval(5, TimeUnit.MILLISECONDS).until(() -> server.open() == 0);
                shortest = Math.min(shortest, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
            }
            assertThat(shortest).isBetween(800L, 999L);
        }
    }

    @Test
    void post_inTheFirstSecondOfAServer_getsAFreshConnection() throws Exception {
        try (ScriptedServer server = numbered("");
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            String post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";
            long start = System.nanoTime();
            assertThat(client.send(GET).readMessage().content()).isEqualTo("1");
            String second = client.send(post).readMessage().content();
            if (System.nanoTime() - start < TimeUnit.SECONDS.toNanos(1)) { // which a busy machine may not manage
                assertThat(second).isEqualTo("2");
            }
            await().until(() -> {
                String connection = client.send(post).readMessage().content();
                return client.send(post).readMessage().content().equals(connection);
            });
        }
    }

    @Test
    void bytesBehindAResponse_connectionIsNotReused() throws Exception {
        poisoned(OK + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
    }

    @Test
    void bytesBehindAResponseWithoutBody_connectionIsNotReused() throws Exception {
        poisoned("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
    }

    @Test
    void bytesBehindChunks_connectionIsNotReused() throws Exception {
        poisoned("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
                + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
    }

    @Test
    void bodyBehind304_connectionIsNotReused() throws Exception {
        poisoned("HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\n\r\npoison");
    }

    private static void poisoned(String first) throws Exception {
        AtomicInteger connections = new AtomicInteger();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    boolean poisons = connections.getAndIncrement() == 0;
                    while (!connection.readMessage().head().isEmpty()) {
                        connection.send(poisons ? first : OK);
                    }
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect();
                RawClient other = weir.connect()) {
            assertThat(client.send(GET).readMessage().content()).doesNotContain("poison");
            assertThat(client.send(GET).readMessage().content()).isEqualTo("ok");
            assertThat(other.send(GET).readMessage().content()).isEqualTo("ok");
            assertThat(server.accepted()).isEqualTo(2);
        }
    }

    @Test
    void unsolicitedResponse_onIdleConnection_isNobodysAnswer() throws Exception {
        CountDownLatch poison = new CountDownLatch(1);
        AtomicInteger connections = new AtomicInteger();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    boolean poisons = connections.getAndIncrement() == 0;
                    connection.readMessage();
                    connection.send(OK);
                    if (poisons) {
                        assertThat(poison.await(10, TimeUnit.SECONDS)).isTrue();
                        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
                    }
                    connection.readMessage();
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            assertThat(client.send(GET).readMessage().content()).isEqualTo("ok");
            assertThat(idle(weir)).isEqualTo(1);
            poison.countDown();
            await().until(() -> idle(weir) == 0);
            assertThat(client.send(GET).readMessage().content()).isEqualTo("ok");
            assertThat(server.accepted()).isEqualTo(2);
        }
    }

    @Test
    void serverClosesIdleConnection_isForgottenAtOnce() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readMessage();
                    connection.send(OK);
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            for (int i = 1; i <= 20; i++) {
                assertThat(client.send(GET).readMessage().content()).isEqualTo("ok");
            }
            await().until(() -> Quiet.sum(weir.metrics(), "weir_upstream_connections_open{") == 0);
            assertThat(idle(weir)).isZero();
        }
    }
}
