package dev.weir.downstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Weir stops, and tells its clients one after the other. */
class SpreadIT {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final int CLIENTS = 40;

    @Test
    void clientsAreToldToGo_eachAtAMomentOfItsOwn() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                RunningWeir weir = RunningWeir.of("""
                        event-loops: 1
                        shutdown: { deadline: 20s, idle: 20s, spread: 2s }
                        listeners: [{ bind: "127.0.0.1:0" }]
                        pools: { web: { health: off, servers: ["%s"] } }
                        """.formatted(server.address()))) {
            List<CompletableFuture<Long>> told = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                RawClient client = weir.connect();
                client.send(GET);
                assertThat(client.readMessage().status()).isEqualTo(200);
                told.add(CompletableFuture.supplyAsync(
                        () -> toldToGo(client), task -> Thread.ofVirtual().start(task)));
            }
            long began = System.nanoTime();
            weir.weir().stop();
            List<Long> moments = new ArrayList<>();
            for (CompletableFuture<Long> each : told) {
                moments.add(TimeUnit.NANOSECONDS.toMillis(each.get(60, TimeUnit.SECONDS) - began));
            }
            assertThat(moments).as("moments in ms").allMatch(moment -> moment < 15_000);
            assertThat(moments).filteredOn(moment -> moment < 800).hasSizeLessThan(CLIENTS * 8 / 10);
            assertThat(moments).filteredOn(moment -> moment > 800).isNotEmpty();
        }
    }

    /** Sends requests all the time, and returns when an answer says that it was the last. */
    private static long toldToGo(RawClient client) {
        try (client) {
            while (true) {
                client.send(GET);
                RawClient.Message answer = client.readMessage();
                assertThat(answer.status()).isEqualTo(200);
                if ("close".equals(answer.header("connection"))) {
                    return System.nanoTime();
                }
                Thread.sleep(10);
            }
        } catch (java.io.IOException lost) {
            throw new AssertionError("a request was lost", lost);
        } catch (InterruptedException end) {
            throw new AssertionError(end);
        }
    }
}
