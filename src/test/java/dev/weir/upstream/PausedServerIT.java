package dev.weir.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.Quiet;
import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What happens at the server's end while the client does not read, and Weir therefore does not read either. */
class PausedServerIT {
    private static final int LENGTH = 30_000_000;
    private static final String HEAD = "HTTP/1.1 200 OK\r\nContent-Length: " + LENGTH + "\r\n\r\n";

    private final CountDownLatch filled = new CountDownLatch(1);
    private final CountDownLatch go = new CountDownLatch(1);

    /** Sends until its socket takes no more for some time, then goes on as told. */
    private ScriptedServer filling(boolean reset) throws Exception {
        return ScriptedServer.of(connection -> {
            connection.readHead();
            connection.send(HEAD);
            Thread writer = Thread.ofVirtual().start(() -> {
                try {
                    connection.send(new byte[LENGTH]);
                } catch (java.io.IOException closed) {
                    // By the test.
                }
            });
            filled.countDown();
            go.await();
            if (reset) {
                connection.reset();
            }
            writer.join();
        });
    }

    private static void awaitStall(RunningWeir weir) {
        double[] before = {-1};
        await().pollInterval(java.time.Duration.ofMillis(200)).until(() -> {
            double now = Quiet.sum(weir.metrics(), "weir_upstream_received_bytes_total{");
            boolean stalled = now > 0 && now == before[0];
            before[0] = now;
            return stalled;
        });
    }

    private static long loopCpuNanos() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long sum = 0;
        for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
            if (thread != null && thread.getThreadName().startsWith("weir-loop")) {
                sum += threads.getThreadCpuTime(thread.getThreadId());
            }
        }
        return sum;
    }

    @Test
    void serverResetsWhilePaused_loopSleepsAndClientIsCut() throws Exception {
        try (ScriptedServer server = filling(true);
                RunningWeir weir = RunningWeir.before(server)) {
            try (RawClient client = weir.connect()) {
                client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                filled.await();
                awaitStall(weir);
                go.countDown();
                await().until(() -> server.open() == 0);
                long before = loopCpuNanos();
                assertThat(new CountDownLatch(1).await(500, TimeUnit.MILLISECONDS))
                        .isFalse();
                assertThat(TimeUnit.NANOSECONDS.toMillis(loopCpuNanos() - before))
                        .as("CPU of the loop, ms")
                        .isLessThan(100);
                assertThat(client.readToEnd().length()).isLessThan(LENGTH);
            }
            Quiet.awaitQuiet(weir);
            assertThat(weir.metric("weir_failures_total{cause=\"response-incomplete\",side=\"server\"}"))
                    .isEqualTo(1);
        }
    }

    @Test
    void serverEndsWhilePaused_restIsRelayedWhole() throws Exception {
        int length = 6_000_000;
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + "x".repeat(length));
                });
                RunningWeir weir = RunningWeir.before(server)) {
            try (RawClient client = weir.connect()) {
                client.socket().setReceiveBufferSize(65536);
                client.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
                awaitStall(weir);
                long before = loopCpuNanos();
                assertThat(new CountDownLatch(1).await(300, TimeUnit.MILLISECONDS))
                        .isFalse();
                assertThat(TimeUnit.NANOSECONDS.toMillis(loopCpuNanos() - before))
                        .isLessThan(100);
                assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
                assertThat(client.read(length)).hasSize(length);
                assertThat(client.endsOrderly()).isTrue();
            }
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void clientLeavesWhilePaused_serverIsLetGo() throws Exception {
        try (ScriptedServer server = filling(false);
                RunningWeir weir = RunningWeir.before(server)) {
            RawClient client = weir.connect();
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            awaitStall(weir);
            client.reset();
            go.countDown();
            await().until(() -> server.open() == 0);
            Quiet.awaitQuiet(weir);
        }
    }
}
