package dev.weir.health;

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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** A server that serves four requests at once is not given all that come. */
class AdaptiveLimitIT {
    private static final int PLACES = 4;
    private static final int CLIENTS = 60;
    private static final long SERVICE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final Semaphore places = new Semaphore(PLACES, true);
    private final AtomicBoolean over = new AtomicBoolean();

    private void serve(RawClient connection) throws IOException, InterruptedException {
        while (!connection.readMessage().head().isEmpty()) {
            places.acquire();
            LockSupport.parkNanos(SERVICE_NANOS); // the server's work
            places.release();
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    }

    private int ask(RunningWeir weir) throws IOException {
        int failed = 0;
        try (RawClient client = weir.connect()) {
            while (!over.get()) {
                client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                failed += client.readMessage().head().startsWith("HTTP/1.1 200 ") ? 0 : 1;
            }
        }
        return failed;
    }

    @Test
    void limit_moreClientsThanTheServerHasPlaces_fallsAndTheRestWaits() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(this::serve);
                RunningWeir weir = RunningWeir.of("""
                        event-loops: 2
                        admin: { bind: "127.0.0.1:0" }
                        listeners: [{ bind: "127.0.0.1:0" }]
                        pools:
                          web:
                            health: off
                            servers: ["%s"]
                            concurrency: { limit: adaptive, initial: 40, min: 2 }
                            queue: { requests: 1000, timeout: 1m }
                        """.formatted(server.address()));
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            String limit = "weir_server_requests_limit{pool=\"web\",server=\"" + server.address() + "\"}";
            List<Future<Integer>> failures = new ArrayList<>();
            try {
                // What is usual is learned from as many as there are places for; the first times are forgotten.
                for (int i = 0; i < PLACES; i++) {
                    failures.add(clients.submit(() -> ask(weir)));
                }
                await().until(() -> Quiet.sum(weir.metrics(), "weir_requests_total{") > 800);
                for (int i = PLACES; i < CLIENTS; i++) {
                    failures.add(clients.submit(() -> ask(weir)));
                }
                await().until(() -> weir.metric(limit) < 5 * PLACES
                        && weir.metric("weir_queue_length{pool=\"web\"}") > CLIENTS / 3);
            } finally {
                over.set(true);
            }
            for (Future<Integer> each : failures) {
                assertThat(each.get()).isZero();
            }
            Quiet.awaitQuiet(weir);
        }
    }
}
