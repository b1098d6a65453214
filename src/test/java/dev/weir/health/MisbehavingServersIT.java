package dev.weir.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.Programs;
import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A Weir before servers of which one is not as it should be. */
class MisbehavingServersIT {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static final String ERROR = "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n";

    /** Clients leave so much time between requests that two hundred answers of one server take seconds. */
    private static final long PACE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    /** A verdict takes a second or two, and a server has thirty to answer. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

    /** Answers checks and requests as told, and counts the requests. */
    private static final class Fake implements AutoCloseable {
        final AtomicInteger requests = new AtomicInteger();
        volatile String check = OK;
        volatile String answer = OK;
        volatile long delayMillis;
        final ScriptedServer server = ScriptedServer.of(this::serve);
        final CountDownLatch end = new CountDownLatch(1);

        Fake() throws IOException {}

        Fake(String check) throws IOException {
            this.check = check;
        }

        private void serve(RawClient connection) throws Exception {
            for (String head = connection.readMessage().head(); !head.isEmpty(); ) {
                if (head.startsWith("GET /up ")) {
                    give(connection, check);
                } else {
                    requests.incrementAndGet();
                    if (delayMillis > 0) {
                        end.await(delayMillis, TimeUnit.MILLISECONDS);
                    }
                    give(connection, answer);
                }
                head = connection.readMessage().head();
            }
        }

        /** An empty answer never comes. */
        private void give(RawClient connection, String text) throws Exception {
            if (text.isEmpty()) {
                end.await();
            }
            connection.send(text);
        }

        String address() {
            return server.address();
        }

        @Override
        public void close() throws IOException {
            end.countDown();
            server.close();
        }
    }

    private static RunningWeir before(String poolKeys, String... addresses) {
        return RunningWeir.of("""
                event-loops: 1
                admin: { bind: "127.0.0.1:0" }
                listeners: [{ bind: "127.0.0.1:0" }]
                pools: { web: { servers: [%s], slow-start: 0s, %s } }
                """.formatted(
                Stream.of(addresses).map(each -> '"' + each + '"').collect(Collectors.joining(", ")), poolKeys));
    }

    private static String state(RunningWeir weir, String server) throws Exception {
        for (ServerState state : ServerState.values()) {
            if (weir.metric("weir_server_state{pool=\"web\",server=\"" + server + "\",state=\"" + state.id() + "\"}")
                    == 1) {
                return state.id();
            }
        }
        return "none";
    }

    private static void awaitState(RunningWeir weir, String server, String state) {
        await().atMost(Duration.ofSeconds(40))
                .untilAsserted(() -> assertThat(state(weir, server)).isEqualTo(state));
    }

    /** The status of the answer. */
    private static int get(RawClient client) throws IOException {
        client.send(GET);
        return client.readMessage().status();
    }

    @Test
    void serverThatRefuses_isTriedByTwoRequestsAtMost() throws Exception {
        String dead = "127.0.0.1:" + Programs.freePort();
        try (Fake one = new Fake();
                Fake two = new Fake();
                RunningWeir weir =
                        before("health: { path: /up, every: 1h, initial: up }", dead, one.address(), two.address());
                RawClient client = weir.connect()) {
            for (int i = 0; i < 200; i++) {
                assertThat(get(client)).isEqualTo(200);
            }
            assertThat(weir.metric("weir_upstream_attempts_total{pool=\"web\",server=\"" + dead + "\"}"))
                    .isLessThanOrEqualTo(2);
            awaitState(weir, dead, "down");
        }
    }

    @Test
    void serverComesBack_firstRequestWithinACheckInterval() throws Exception {
        try (Fake one = new Fake(ERROR);
                Fake two = new Fake();
                RunningWeir weir = before("health: { path: /up, every: 3s, rise: 2 }", one.address(), two.address());
                RawClient client = weir.connect()) {
            awaitState(weir, one.address(), "down");
            awaitState(weir, two.address(), "up");
            assertThat(get(client)).isEqualTo(200);
            assertThat(one.requests).hasValue(0);
            one.check = OK;
            long back = System.nanoTime();
            while (one.requests.get() == 0) {
                assertThat(get(client)).isEqualTo(200);
                // Less than two intervals, which two checks would take otherwise.
                assertThat(System.nanoTime() - back)
                        .isLessThan(Duration.ofMillis(5800).toNanos());
            }
        }
    }

    @Test
    void serverThatFailsFast_checkPasses_isEjectedWithin200Answers() throws Exception {
        try (Fake bad = new Fake();
                Fake one = new Fake();
                Fake two = new Fake();
                RunningWeir weir = before("health: { path: /up }", bad.address(), one.address(), two.address())) {
            List.of(bad, one, two).forEach(each -> awaitState(weir, each.address(), "up"));
            bad.answer = ERROR;
            AtomicBoolean over = new AtomicBoolean();
            List<Thread> clients = Stream.generate(() -> Thread.ofVirtual().start(() -> {
                        try (RawClient client = weir.connect()) {
                            while (!over.get()) {
                                get(client);
                                LockSupport.parkNanos(PACE_NANOS);
                            }
                        } catch (IOException ended) {
                            // The test is over.
                        }
                    }))
                    .limit(4)
                    .toList();
            awaitState(weir, bad.address(), "ejected");
            int answers = bad.requests.get();
            over.set(true);
            for (Thread client : clients) {
                client.join();
            }
            assertThat(answers).isLessThan(200);
        }
    }

    @Test
    void grayServer_checkPasses_isEjected() throws Exception {
        try (Fake gray = new Fake();
                Fake one = new Fake();
                Fake two = new Fake();
                RunningWeir weir = before(
                        "balance: round-robin, health: { path: /up }", gray.address(), one.address(), two.address());
                RawClient client = weir.connect()) {
            gray.delayMillis = 200;
            List.of(gray, one, two).forEach(each -> awaitState(weir, each.address(), "up"));
            while (!state(weir, gray.address()).equals("ejected")) {
                for (int i = 0; i < 10; i++) {
                    assertThat(get(client)).isEqualTo(200);
                }
                assertThat(gray.requests.get()).isLessThan(60);
            }
        }
    }

    @Test
    void blackHole_checkFailsToo_costsNoRequestMoreThanTheTimeToTheVerdict() throws Exception {
        try (Fake hole = new Fake();
                Fake one = new Fake();
                Fake two = new Fake();
                RunningWeir weir = before(
                        "health: { path: /up, every: 1s, timeout: 1s }",
                        hole.address(),
                        one.address(),
                        two.address())) {
            List.of(hole, one, two).forEach(each -> awaitState(weir, each.address(), "up"));
            hole.check = "";
            hole.answer = "";
            assertLongestWait(weir, hole.address(), "down");
        }
    }

    @Test
    void blackHole_checkPasses_isEjectedAndItsRequestsAreTriedElsewhere() throws Exception {
        try (Fake hole = new Fake();
                Fake one = new Fake();
                Fake two = new Fake();
                RunningWeir weir =
                        before("health: { path: /up, every: 1s }", hole.address(), one.address(), two.address())) {
            List.of(hole, one, two).forEach(each -> awaitState(weir, each.address(), "up"));
            hole.answer = "";
            assertLongestWait(weir, hole.address(), "ejected");
        }
    }

    /** Clients send requests until the server is in this state; all are answered, none after the time for a first byte. */
    private static void assertLongestWait(RunningWeir weir, String server, String state) throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger failed = new AtomicInteger();
        AtomicInteger late = new AtomicInteger();
        List<Thread> clients = Stream.generate(() -> Thread.ofVirtual().start(() -> {
                    try (RawClient client = weir.connect()) {
                        while (!over.get()) {
                            long start = System.nanoTime();
                            failed.addAndGet(get(client) == 200 ? 0 : 1);
                            late.addAndGet(System.nanoTime() - start > LONGEST_WAIT.toNanos() ? 1 : 0);
                        }
                    } catch (IOException broken) {
                        failed.incrementAndGet();
                    }
                }))
                .limit(4)
                .toList();
        awaitState(weir, server, state);
        over.set(true);
        for (Thread client : clients) {
            client.join();
        }
        assertThat(failed).hasValue(0);
        assertThat(late).hasValue(0);
    }

    @Test
    void checkFails_trafficWouldNot_isNotUsed() throws Exception {
        try (Fake one = new Fake();
                Fake two = new Fake();
                RunningWeir weir = before("health: { path: /up, every: 100ms }", one.address(), two.address());
                RawClient client = weir.connect()) {
            one.check = ERROR;
            awaitState(weir, one.address(), "down");
            awaitState(weir, two.address(), "up");
            int before = one.requests.get();
            for (int i = 0; i < 20; i++) {
                assertThat(get(client)).isEqualTo(200);
            }
            assertThat(one.requests).hasValue(before);
        }
    }

    @Test
    void onlyServer_refusesWithoutChecks_isBackASecondAfterItIs() throws Exception {
        int port = Programs.freePort();
        try (RunningWeir weir = before("health: off, retry: { attempts: 0 }", "127.0.0.1:" + port);
                RawClient client = weir.connect()) {
            for (int i = 0; i < 3; i++) {
                assertThat(get(client)).isIn(502, 503);
            }
            try (ServerSocket listening = new ServerSocket(port, 16, InetAddress.getLoopbackAddress())) {
                Thread serving = Thread.ofVirtual().start(() -> {
                    try (var socket = listening.accept()) {
                        ScriptedServer.echo(RawClient.of(socket));
                    } catch (IOException over) {
                        // The test is over.
                    }
                });
                await().until(() -> get(client) == 200);
                assertThat(serving.isAlive()).isTrue();
            }
        }
    }
}
