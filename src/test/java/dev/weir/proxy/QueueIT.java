package dev.weir.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.Quiet;
import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Requests beyond what the servers may have wait for their turn, in order and for a bounded time. */
class QueueIT {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final String GET_LAST = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    /** Answers when told to, and knows the most requests that it had at once. */
    private static final class Busy {
        final Semaphore arrived = new Semaphore(0);
        final Semaphore released = new Semaphore(0);
        final AtomicInteger now = new AtomicInteger();
        final AtomicInteger most = new AtomicInteger();

        /** Keeps it busy with a request of this client. */
        void occupyFor(RawClient client) throws IOException, InterruptedException {
            client.send(GET);
            arrived.acquire();
        }

        void serve(RawClient connection) throws IOException, InterruptedException {
            while (!connection.readMessage().head().isEmpty()) {
                most.accumulateAndGet(now.incrementAndGet(), Math::max);
                arrived.release();
                released.acquire();
                now.decrementAndGet();
                connection.send(OK);
            }
        }
    }

    private static RunningWeir weir(int loops, String queue, int maxRequests, ScriptedServer... servers) {
        List<String> entries = new ArrayList<>();
        for (ScriptedServer server : servers) {
            entries.add("{ address: \"%s\", max-requests: %d }".formatted(server.address(), maxRequests));
        }
        return RunningWeir.of("""
                event-loops: %d
                admin: { bind: "127.0.0.1:0" }
                listeners: [{ bind: "127.0.0.1:0" }]
                pools: { web: { health: off, servers: [%s], queue: %s } }
                """.formatted(loops, String.join(", ", entries), queue));
    }

    @Test
    void requests_manyOverTwoLoops_neverExceedTheServersLimitAndAllAreAnswered() throws Exception {
        Busy busy = new Busy();
        busy.released.release(Integer.MAX_VALUE / 2);
        try (ScriptedServer one = ScriptedServer.of(busy::serve);
                RunningWeir weir = weir(2, "{ requests: 1000, timeout: 1m }", 3, one);
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> answered = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                answered.add(clients.submit(() -> ask(weir, 50)));
            }
            for (Future<Integer> each : answered) {
                assertThat(each.get()).isEqualTo(50);
            }
            assertThat(busy.most).hasValueLessThanOrEqualTo(3);
            assertThat(weir.metric("weir_queue_duration_seconds_count{pool=\"web\"}"))
                    .isPositive();
            assertThat(weir.metric("weir_queue_length{pool=\"web\"}")).isZero();
            Quiet.awaitQuiet(weir);
        }
    }

    private static int ask(RunningWeir weir, int times) throws IOException {
        int answered = 0;
        try (RawClient client = weir.connect()) {
            for (int i = 0; i < times; i++) {
                client.send(GET);
                answered += client.readMessage().head().startsWith("HTTP/1.1 200 ") ? 1 : 0;
            }
        }
        return answered;
    }

    @Test
    void request_lineFull_isRefusedAtOnce() throws Exception {
        Busy busy = new Busy();
        try (ScriptedServer server = ScriptedServer.of(busy::serve);
                RunningWeir weir = weir(1, "{ requests: 1, timeout: 1m }", 1, server);
                RawClient first = weir.connect();
                RawClient second = weir.connect()) {
            busy.occupyFor(first);
            second.send(GET);
            awaitLength(weir, 1);
            assertThat(weir.exchange(GET_LAST))
                    .startsWith("HTTP/1.1 503 ")
                    .contains("details=\"queue-full\"", "Retry-After: 1\r\n");
            busy.released.release(2);
            assertAnswered(first, second);
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void request_noTurnInTime_isRefused() throws Exception {
        Busy busy = new Busy();
        try (ScriptedServer server = ScriptedServer.of(busy::serve);
                RunningWeir weir = weir(1, "{ requests: 10, timeout: 50ms }", 1, server);
                RawClient first = weir.connect()) {
            busy.occupyFor(first);
            assertThat(weir.exchange(GET_LAST))
                    .startsWith("HTTP/1.1 503 ")
                    .contains("details=\"queue-timeout\"", "Retry-After: 1\r\n");
            busy.released.release(1);
            assertAnswered(first);
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void client_goneWhileItWaits_leavesTheLineAndItsPlaceToTheNext() throws Exception {
        Busy busy = new Busy();
        try (ScriptedServer server = ScriptedServer.of(busy::serve);
                RunningWeir weir = weir(2, "{ requests: 10, timeout: 1m }", 1, server);
                RawClient first = weir.connect();
                RawClient third = weir.connect()) {
            busy.occupyFor(first);
            RawClient second = weir.connect();
            second.send(GET);
            awaitLength(weir, 1);
            third.send(GET);
            awaitLength(weir, 2);
            second.reset();
            awaitLength(weir, 1);
            busy.released.release(2);
            assertAnswered(first, third);
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void request_serverBackInTime_isAnswered() throws Exception {
        ScriptedServer gone = ScriptedServer.answering(OK);
        int port = gone.port();
        gone.close();
        try (RunningWeir weir = weir(1, "{ requests: 10, timeout: 1m }", 1, gone);
                RawClient client = weir.connect()) {
            client.send(GET);
            awaitLength(weir, 1);
            try (ScriptedServer back = ScriptedServer.at(port, connection -> {
                connection.readMessage();
                connection.send(OK);
            })) {
                assertThat(client.readMessage().head()).startsWith("HTTP/1.1 200 ");
                assertThat(back.accepted()).isEqualTo(1);
            }
        }
    }

    @Test
    void request_serverStaysAway_isRefusedWithWhatWasTried() throws Exception {
        ScriptedServer gone = ScriptedServer.answering(OK);
        gone.close();
        try (RunningWeir weir = weir(1, "{ requests: 10, timeout: 50ms }", 1, gone)) {
            assertThat(weir.exchange(GET_LAST))
                    .startsWith("HTTP/1.1 503 ")
                    .contains("details=\"no-server\"", "Retry-After: 1\r\n", "The server refused the connection.");
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void upload_whileItWaits_isSentWhole() throws Exception {
        Busy busy = new Busy();
        String body = "x".repeat(300_000);
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    RawClient.Message message = connection.readMessage();
                    busy.arrived.release();
                    busy.released.acquire();
                    String length = Integer.toString(message.content().length());
                    connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + length.length()
                            + "\r\n\r\n" + length);
                });
                RunningWeir weir = weir(1, "{ requests: 10, timeout: 1m }", 1, server);
                RawClient first = weir.connect();
                RawClient second = weir.connect()) {
            busy.occupyFor(first);
            Thread sender = Thread.ofVirtual().start(() -> {
                try {
                    second.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n" + body);
                } catch (IOException gone) {
                    // The reading below fails then.
                }
            });
            awaitLength(weir, 1);
            busy.released.release(2);
            assertAnswered(first);
            assertThat(second.readMessage().content()).isEqualTo("300000");
            sender.join();
            second.close();
            Quiet.awaitQuiet(weir);
        }
    }

    private static void assertAnswered(RawClient... clients) throws IOException {
        for (RawClient client : clients) {
            assertThat(client.readMessage().head()).startsWith("HTTP/1.1 200 ");
            client.close();
        }
    }

    private static void awaitLength(RunningWeir weir, int length) throws Exception {
        await().until(() -> weir.weir().pools().iterator().next().line().length() == length);
    }
}
