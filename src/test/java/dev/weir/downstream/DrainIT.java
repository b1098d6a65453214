package dev.weir.downstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.RawClient;
import dev.weir.testing.RawHttp2;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import dev.weir.testing.TestAuthority;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What is on its way when Weir begins to stop is not lost: requests on idle connections, handshakes, tunnels' last words. */
@Execution(ExecutionMode.CONCURRENT) // its tests mostly wait
class DrainIT {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final String UPGRADE =
            "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    private static final String SWITCHING =
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

    private static RunningWeir weir(ScriptedServer server, String shutdown, String listenerKeys) {
        return RunningWeir.of("""
                event-loops: 1
                shutdown: { %s }
                listeners: [{ bind: "127.0.0.1:0" %s }]
                pools: { web: { health: off, servers: ["%s"] } }
                """.formatted(shutdown, listenerKeys, server.address()));
    }

    /** Its listeners are closed. */
    private static void awaitDraining(RunningWeir weir) {
        await().until(() -> {
            try (RawClient _ = weir.connect()) {
                return false;
            } catch (ConnectException refused) {
                return true;
            }
        });
    }

    @Test
    void stop_requestOnAnIdleConnection_isAnsweredAndTheLast() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(OK);
                RunningWeir weir = weir(server, "idle: 20s", "");
                RawClient idle = weir.connect();
                RawClient silent = weir.connect()) {
            assertThat(idle.send(GET).readMessage().header("connection")).isNull();
            weir.weir().stop();
            awaitDraining(weir);
            for (RawClient client : List.of(idle, silent)) {
                RawClient.Message last = client.send(GET).readMessage();
                assertThat(last.content()).isEqualTo("ok");
                assertThat(last.header("connection")).isEqualTo("close");
                assertThat(client.endsOrderly()).isTrue();
            }
            weir.weir().awaitStop();
        }
    }

    @Test
    void stop_responseBegunBefore_theNextRequestIsAnsweredToo() throws Exception {
        CompletableFuture<Boolean> goOn = new CompletableFuture<>();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha");
                    goOn.get();
                    connection.send("lf");
                    connection.readHead();
                    connection.send(OK);
                });
                RunningWeir weir = weir(server, "idle: 20s", "");
                RawClient client = weir.connect()) {
            client.send(GET);
            // The client is told that it may go on with this connection.
            assertThat(RawClient.header(client.readHead(), "connection")).isNull();
            weir.weir().stop();
            awaitDraining(weir);
            goOn.complete(true);
            assertThat(client.readText(4)).isEqualTo("half");
            assertThat(client.send(GET).readMessage().header("connection")).isEqualTo("close");
            weir.weir().awaitStop();
        }
    }

    @Test
    void stop_handshakeUnderWay_isFinishedAndServed(@TempDir Path directory) throws Exception {
        TestAuthority authority = TestAuthority.in(directory);
        String tls = ", tls: { certificates: [%s] }, http: [http/1.1]"
                .formatted(authority.server("site.example").yaml());
        try (ScriptedServer server = ScriptedServer.answering(OK);
                RunningWeir weir = weir(server, "idle: 20s", tls);
                Socket plain = new Socket(InetAddress.getLoopbackAddress(), weir.port())) {
            SSLContext context = authority.trusting();
            // Connected, and nothing said yet.
            weir.weir().stop();
            awaitDraining(weir);
            SSLSocket socket =
                    (SSLSocket) context.getSocketFactory().createSocket(plain, "site.example", weir.port(), true);
            socket.startHandshake();
            socket.getOutputStream().write(GET.getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            assertThat(answer)
                    .startsWith("HTTP/1.1 200")
                    .containsIgnoringCase("connection: close")
                    .endsWith("ok");
            weir.weir().awaitStop();
        }
    }

    @Test
    void stop_tunnel_outlivesRequestsAndEndsInOrder() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send(SWITCHING);
                    while (true) {
                        int next = connection.read();
                        if (next < 0) {
                            break;
                        }
                        connection.send(new byte[] {(byte) next});
                    }
                    connection.send("bye");
                });
                RunningWeir weir = weir(server, "deadline: 100ms, tunnels: 4s, idle: 0s", "");
                RawClient tunnel = weir.connect();
                RawClient request = weir.connect()) {
            tunnel.send(UPGRADE);
            assertThat(tunnel.readHead()).startsWith("HTTP/1.1 101 ");
            request.send("GET / HTTP/1.1\r\nHost: a\r\nx: ");
            assertThat(tunnel.send("x").readText(1)).isEqualTo("x");
            weir.weir().stop();
            assertThat(request.readToEnd()).isEmpty();
            assertThat(tunnel.send("y").readText(1)).isEqualTo("y");
            // All that the server says when it hears of the end arrives.
            assertThat(tunnel.readText(3)).isEqualTo("bye");
            assertThat(tunnel.endsOrderly()).isTrue();
            weir.weir().awaitStop();
        }
    }

    @Test
    void stop_tunnelOverHttp2_endsInOrder() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send(SWITCHING);
                    connection.readToEnd();
                    connection.send("bye");
                });
                RunningWeir weir = weir(server, "deadline: 100ms, tunnels: 500ms, idle: 0s", ", http: [h2]");
                RawHttp2 client = RawHttp2.client(weir.connect())) {
            client.webSocket(1, "http", "/chat", "a.test");
            assertThat(client.await(RawHttp2.HEADERS, 1).field(":status")).isEqualTo("200");
            weir.weir().stop();
            assertThat(client.await(RawHttp2.DATA, 1).text()).isEqualTo("bye");
            weir.weir().awaitStop();
        }
    }

    @Test
    void stop_connectionsNotYetAccepted_areServed() throws Exception {
        CompletableFuture<Boolean> held = new CompletableFuture<>();
        CompletableFuture<Boolean> goOn = new CompletableFuture<>();
        try (ScriptedServer server = ScriptedServer.answering(OK);
                RunningWeir weir = weir(server, "idle: 20s", "")) {
            // The loop that accepts is busy: what connects waits.
            weir.weir().loops().getFirst().execute(() -> {
                held.complete(true);
                goOn.join();
            });
            held.get(20, TimeUnit.SECONDS);
            try (RawClient first = weir.connect();
                    RawClient second = weir.connect()) {
                weir.weir().stop();
                goOn.complete(true);
                assertThat(first.send(GET).readMessage().content()).isEqualTo("ok");
                assertThat(second.send(GET).readMessage().content()).isEqualTo("ok");
            }
            weir.weir().awaitStop();
        }
    }
}
