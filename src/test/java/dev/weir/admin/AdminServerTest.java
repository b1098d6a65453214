package dev.weir.admin;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.config.Address;
import dev.weir.config.AdminState;
import dev.weir.health.PoolReport;
import dev.weir.health.ServerReport;
import dev.weir.observe.Exposition;
import dev.weir.observe.Meters;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class AdminServerTest {
    private static final Address ANY_PORT = new Address.Inet("127.0.0.1", 0);

    private final Meters meters = new Meters(1);
    private final AtomicReference<@Nullable String> notReady = new AtomicReference<>();
    private final HttpClient client = HttpClient.newHttpClient();
    private AdminServer server;

    private final AdminView view = new AdminView() {
        @Override
        public @Nullable String notReady() {
            return notReady.get();
        }

        @Override
        public Exposition metrics(String accept) {
            if (accept.equals("broken/on-purpose")) {
                throw new IllegalStateException("broken on purpose");
            }
            return Exposition.of(meters, accept);
        }

        @Override
        public List<PoolReport> pools() {
            throw new IllegalStateException("not asked in this test");
        }

        @Override
        public ServerReport admin(String pool, String server, AdminState state) {
            throw new IllegalStateException("not asked in this test");
        }
    };

    /** Keeps so many questions for readiness waiting. */
    private static final class BlockedView implements AdminView {
        final CountDownLatch entered;
        final CountDownLatch released = new CountDownLatch(1);

        BlockedView(int requests) {
            entered = new CountDownLatch(requests);
        }

        @Override
        public @Nullable String notReady() {
            entered.countDown();
            try {
                return released.await(10, TimeUnit.SECONDS) ? null : "blocked";
            } catch (InterruptedException e) {
                return "interrupted";
            }
        }

        @Override
        public Exposition metrics(String accept) {
            throw new IllegalStateException("not asked in this test");
        }

        @Override
        public List<PoolReport> pools() {
            throw new IllegalStateException("not asked in this test");
        }

        @Override
        public ServerReport admin(String pool, String server, AdminState state) {
            throw new IllegalStateException("not asked in this test");
        }
    }

    @BeforeEach
    void start() throws IOException {
        server = AdminServer.start(ANY_PORT, view);
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void livez_isOk() throws Exception {
        HttpResponse<String> answer = send("GET", "/livez", "");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("ok");
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("text/plain; charset=utf-8");
        assertThat(answer.headers().firstValue("Cache-Control")).hasValue("no-store");
    }

    @Test
    void readyz_followsTheView() throws Exception {
        assertThat(send("GET", "/readyz", "").body()).isEqualTo("ready");
        notReady.set("stopping");
        HttpResponse<String> answer = send("GET", "/readyz", "");
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).isEqualTo("not ready: stopping");
    }

    @Test
    void metrics_byAccept_inBothFormats() throws Exception {
        meters.loop(0).connectionsAccepted.add(3);
        HttpResponse<String> text = send("GET", "/metrics", "*/*");
        assertThat(text.headers().firstValue("Content-Type")).get().asString().startsWith("text/plain; version=0.0.4");
        assertThat(text.body()).contains("weir_downstream_connections_accepted_total 3.0\n");
        HttpResponse<String> open = send("GET", "/metrics", "application/openmetrics-text;version=1.0.0");
        assertThat(open.headers().firstValue("Content-Type"))
                .get()
                .asString()
                .startsWith("application/openmetrics-text");
        assertThat(open.body()).endsWith("# EOF\n");
    }

    @Test
    void metrics_failing_is500() throws Exception {
        HttpResponse<String> answer = send("GET", "/metrics", "broken/on-purpose");
        assertProblem(answer, 500);
        assertThat(send("GET", "/livez", "").statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/livez", "/readyz", "/metrics"})
    void head_hasLengthAndNoBody(String path) throws Exception {
        HttpResponse<String> answer = send("HEAD", path, "");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEmpty();
        assertThat(answer.headers().firstValueAsLong("Content-Length").orElse(0))
                .isPositive();
    }

    @Test
    void unknownPath_is404() throws Exception {
        JsonNode problem = assertProblem(send("GET", "/metrics/%22x", ""), 404);
        assertThat(problem.get("title").asString()).isEqualTo("Not Found");
        assertThat(problem.get("detail").asString()).isEqualTo("There is nothing at /metrics/\"x.");
    }

    @Test
    void otherMethod_is405() throws Exception {
        HttpResponse<String> answer = send("DELETE", "/metrics", "");
        assertProblem(answer, 405);
        assertThat(answer.headers().firstValue("Allow")).hasValue("GET, HEAD");
    }

    @Test
    void largeHead_isRefused() throws Exception {
        try (Socket socket = connect()) {
            assertThat(livez(socket, "X: " + "x".repeat(20_000) + "\r\n")).doesNotContain("200");
        }
    }

    @Test
    void connections_beyondTheBound_areClosed() throws Exception {
        BlockedView blocked = new BlockedView(64);
        server.close();
        server = AdminServer.start(ANY_PORT, blocked);
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < 64; i++) {
                sockets.add(connect());
                sockets.getLast().getOutputStream().write("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(US_ASCII));
            }
            assertThat(blocked.entered.await(10, TimeUnit.SECONDS)).isTrue();
            sockets.add(connect());
            assertThat(livez(sockets.getLast(), "")).isEmpty();
        } finally {
            blocked.released.countDown();
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0.0.0.0", "::", "192.0.2.1"})
    void start_notOnLoopback_isRefused(String host) {
        assertThatThrownBy(() -> AdminServer.start(new Address.Inet(host, 9090), view))
                .isInstanceOf(IOException.class)
                .hasMessageEndingWith("only loopback addresses such as 127.0.0.1:9090 are allowed.");
    }

    @Test
    void start_onUnixSocket_isRefused() {
        assertThatThrownBy(() -> AdminServer.start(new Address.Unix("/tmp/x"), view))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("unix:/tmp/x");
    }

    @Test
    void start_portTaken_isExplained() {
        Address taken = new Address.Inet("127.0.0.1", server.address().getPort());
        assertThatThrownBy(() -> AdminServer.start(taken, view))
                .isInstanceOf(IOException.class)
                .hasMessage("The admin port cannot be bound to " + taken + ": Address already in use.");
    }

    @Test
    void close_freesThePort() throws IOException {
        Address same = new Address.Inet("127.0.0.1", server.address().getPort());
        server.close();
        server = AdminServer.start(same, view);
    }

    private HttpResponse<String> send(String method, String path, String accept) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + server.address().getPort() + path);
        HttpRequest.Builder request = HttpRequest.newBuilder(uri).method(method, BodyPublishers.noBody());
        if (!accept.isEmpty()) {
            request.header("Accept", accept);
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private Socket connect() throws IOException {
        Socket socket =
                new Socket(server.address().getAddress(), server.address().getPort());
        socket.setSoTimeout(10_000);
        return socket;
    }

    /** The answer to a request on this connection, empty when it was closed. */
    private static String livez(Socket socket, String fields) {
        try {
            socket.getOutputStream()
                    .write(("GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + fields + "\r\n")
                            .getBytes(US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), US_ASCII);
        } catch (IOException e) {
            return "";
        }
    }

    private static JsonNode assertProblem(HttpResponse<String> answer, int status) {
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        JsonNode problem = JsonMapper.builder().build().readTree(answer.body());
        assertThat(problem.get("status").asInt()).isEqualTo(status);
        return problem;
    }
}
