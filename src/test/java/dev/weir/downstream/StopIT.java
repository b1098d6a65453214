package dev.weir.downstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.net.ConnectException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Weir stops: what is under way finishes, what is idle closes, nothing new begins. */
class StopIT {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    private static ScriptedServer thinking(CompletableFuture<Boolean> asked, CompletableFuture<Boolean> goOn)
            throws Exception {
        return ScriptedServer.of(connection -> {
            while (!connection.readHead().isEmpty()) {
                asked.complete(true);
                goOn.get();
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
            }
        });
    }

    @Test
    void stop_requestUnderWay_finishesAndIdleOnesClose() throws Exception {
        CompletableFuture<Boolean> asked = new CompletableFuture<>();
        CompletableFuture<Boolean> goOn = new CompletableFuture<>();
        try (ScriptedServer server = thinking(asked, goOn);
                RunningWeir weir = RunningWeir.before(server);
                RawClient idle = weir.connect();
                RawClient silent = weir.connect();
                RawClient busy = weir.connect()) {
            idle.send(GET);
            goOn.complete(true);
            assertThat(idle.readMessage().status()).isEqualTo(200);
            int port = weir.port();
            String begun = "GET / HTTP/1.1\r\nHost: a\r\nx: ";
            busy.send(begun);
            // Before its first byte is read a connection counts as idle.
            int sent = GET.length() + begun.length();
            await().until(() -> weir.metric("weir_downstream_received_bytes_total") == sent);
            weir.weir().stop();
            assertThat(idle.endsOrderly()).isTrue();
            assertThat(silent.endsOrderly()).isTrue();
            assertThatThrownBy(() -> new RawClient(port)).isInstanceOf(ConnectException.class);
            busy.send("y\r\n\r\n" + GET);
            RawClient.Message response = busy.readMessage();
            assertThat(response.content()).isEqualTo("done");
            assertThat(response.header("connection")).isEqualTo("close");
            busy.sendEnd();
            assertThat(busy.readToEnd()).isEmpty();
            weir.weir().awaitStop();
        }
    }

    @Test
    void stop_responseUnderWay_isCompletedBeforeTheEnd() throws Exception {
        CompletableFuture<Boolean> goOn = new CompletableFuture<>();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf");
                    goOn.get();
                    connection.send("half");
                    connection.readToEnd();
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send(GET);
            client.readHead();
            assertThat(client.readText(4)).isEqualTo("half");
            weir.weir().stop();
            goOn.complete(true);
            assertThat(client.readText(4)).isEqualTo("half");
            assertThat(client.endsOrderly()).isTrue();
            weir.weir().awaitStop();
        }
    }

    @Test
    void stop_deadlinePassed_cutsWhatIsLeft() throws Exception {
        CompletableFuture<Boolean> asked = new CompletableFuture<>();
        CompletableFuture<Boolean> never = new CompletableFuture<>();
        try (ScriptedServer server = thinking(asked, never);
                RunningWeir weir = RunningWeir.of("""
                        shutdown: { deadline: 300ms }
                        listeners: [{ bind: "127.0.0.1:0" }]
                        pools: { web: { health: off, servers: ["%s"] } }
                        """.formatted(server.address()));
                RawClient client = weir.connect()) {
            client.send(GET);
            asked.get();
            weir.weir().stop();
            weir.weir().awaitStop();
            assertThat(client.readToEnd()).isEmpty();
            never.complete(true);
        }
    }
}
