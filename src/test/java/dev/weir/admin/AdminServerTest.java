package dev.weir.admin;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.config.Address;
import dev.weir.config.WeirConfig.AdminConfig;
import dev.weir.loop.GivenSocket;
import dev.weir.loop.Transport;
import io.netty.channel.epoll.LinuxSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class AdminServerTest {
    private static final AdminConfig ANY_PORT = new AdminConfig(new Address.Inet("127.0.0.1", 0));
    private static final Transport TRANSPORT = Transport.best();

    private final FakeView view = new FakeView("listeners: [{ bind: ':1' }]\npools: { web: {} }\n");
    private final HttpClient client = HttpClient.newHttpClient();
    private AdminServer server;

    @TempDir
    Path folder;

    /** Keeps so many questions for readiness waiting. */
    private static final class BlockedView extends FakeView {
        final CountDownLatch entered;
        final CountDownLatch released = new CountDownLatch(1);

        BlockedView(int requests) {
            super("listeners: [{ bind: ':1' }]\npools: { web: {} }\n");
            entered = new CountDownLatch(requests);
        }

        @Override
        public @Nullable String notReady() {
            entered.countDown();
            try {
                return released.await(30, TimeUnit.SECONDS) ? null : "blocked";
            } catch (InterruptedException e) {
                return "interrupted";
            }
        }
    }

    @BeforeEach
    void start() throws IOException {
        server = AdminServer.start(ANY_PORT, TRANSPORT, view);
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
        view.notReady = "stopping";
        HttpResponse<String> answer = send("GET", "/readyz", "");
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).isEqualTo("not ready: stopping");
    }

    @Test
    void metrics_byAccept_inBothFormats() throws Exception {
        view.meters.loop(0).connectionsAccepted.add(3);
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
        server = AdminServer.start(ANY_PORT, TRANSPORT, blocked);
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < 64; i++) {
                sockets.add(connect());
                sockets.getLast().getOutputStream().write("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(US_ASCII));
            }
            assertThat(blocked.entered.await(30, TimeUnit.SECONDS)).isTrue();
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
    void start_forOthersWithoutToken_isRefused(String host) {
        assertThatThrownBy(() -> AdminServer.start(new AdminConfig(new Address.Inet(host, 9090)), TRANSPORT, view))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("without a token")
                .hasMessageEndingWith(
                        "add 'token-file' or 'token-env' to 'admin', or bind it to a loopback address such as "
                                + "127.0.0.1:9090.");
    }

    @Test
    void start_portTaken_isExplained() {
        Address taken = new Address.Inet("127.0.0.1", server.port());
        assertThatThrownBy(() -> AdminServer.start(new AdminConfig(taken), TRANSPORT, view))
                .isInstanceOf(IOException.class)
                .hasMessage("The admin port cannot be bound to " + taken + ": the address is already in use.");
    }

    @Test
    void requests_pipelined_areAnsweredInOrder() throws Exception {
        try (Socket socket = connect()) {
            socket.getOutputStream()
                    .write(
                            ("GET /livez HTTP/1.1\r\nHost: x\r\n\r\nPOST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
                                            + "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                                    .getBytes(US_ASCII));
            String answers = new String(socket.getInputStream().readAllBytes(), US_ASCII);
            assertThat(answers)
                    .containsSubsequence("HTTP/1.1 200 OK", "ok", "HTTP/1.1 405 ", "HTTP/1.1 200 OK", "ready")
                    .endsWith("ready");
        }
    }

    @Test
    void content_tooLong_is413() throws Exception {
        try (Socket socket = connect()) {
            String told = "POST /v1/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048577\r\n\r\n";
            socket.getOutputStream().write(told.getBytes(US_ASCII));
            assertThat(new String(socket.getInputStream().readAllBytes(), US_ASCII))
                    .startsWith("HTTP/1.1 413 ")
                    .contains("\"The content is longer than 1048576 bytes.\"");
        }
        try (Socket socket = connect()) {
            String told = "POST /v1/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + "100001\r\n"
                    + "x".repeat(0x100001) + "\r\n";
            socket.getOutputStream().write(told.getBytes(US_ASCII));
            assertThat(new String(socket.getInputStream().readAllBytes(), US_ASCII))
                    .startsWith("HTTP/1.1 413 ");
        }
    }

    @Test
    void content_expected_isAskedFor() throws Exception {
        try (Socket socket = connect()) {
            socket.getOutputStream()
                    .write(("POST /livez HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n"
                                    + "Connection: close\r\n\r\n")
                            .getBytes(US_ASCII));
            byte[] interim = socket.getInputStream().readNBytes("HTTP/1.1 100 Continue\r\n\r\n".length());
            assertThat(new String(interim, US_ASCII)).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
            socket.getOutputStream().write('x');
            assertThat(new String(socket.getInputStream().readAllBytes(), US_ASCII))
                    .startsWith("HTTP/1.1 405 ");
        }
    }

    @Test
    void noise_is400() throws Exception {
        try (Socket socket = connect()) {
            socket.getOutputStream().write("\u0000\u0001 x\r\n\r\n".getBytes(US_ASCII));
            assertThat(new String(socket.getInputStream().readAllBytes(), US_ASCII))
                    .startsWith("HTTP/1.1 400 ");
        }
    }

    @Test
    void token_configured_isAskedForButByProbes() throws Exception {
        Path file = Files.writeString(folder.resolve("token"), "s3cret\n");
        server.close();
        server = AdminServer.start(
                new AdminConfig(new Address.Inet("127.0.0.1", 0), file.toString(), "", "0600"), TRANSPORT, view);
        assertThat(send("GET", "/livez", "").statusCode()).isEqualTo(200);
        assertThat(send("GET", "/readyz", "").statusCode()).isEqualTo(200);
        HttpResponse<String> refused = send("GET", "/metrics", "");
        assertProblem(refused, 401);
        assertThat(refused.headers().firstValue("WWW-Authenticate")).hasValue("Bearer realm=\"weir\"");
        assertThat(withToken("s3cret")).isEqualTo(200);
        assertThat(withToken("s3cre")).isEqualTo(401);
        assertThat(withToken("")).isEqualTo(401);
        Files.writeString(file, "another-one");
        assertThat(withToken("s3cret")).isEqualTo(401);
        assertThat(withToken("another-one")).isEqualTo(200);
        Files.delete(file);
        assertThat(withToken("another-one")).isEqualTo(200);
    }

    @Test
    void token_configured_allowsAnyAddress() throws Exception {
        Path file = Files.writeString(folder.resolve("token"), "s3cret");
        server.close();
        server = AdminServer.start(
                new AdminConfig(new Address.Inet("", 0), file.toString(), "", "0600"), TRANSPORT, view);
        try (Socket socket = connect()) {
            socket.getOutputStream()
                    .write(("GET /v1/nothing HTTP/1.1\r\nHost: weir.example\r\nAuthorization: bearer s3cret\r\n"
                                    + "Connection: close\r\n\r\n")
                            .getBytes(US_ASCII));
            assertThat(new String(socket.getInputStream().readAllBytes(), US_ASCII))
                    .startsWith("HTTP/1.1 404 ");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "nowhere, '', the admin port's token file nowhere does not exist",
        "'', WEIR_NO_SUCH_VARIABLE, 'the admin port''s token is to be in the environment variable WEIR_NO_SUCH_VARIABLE'"
    })
    void token_thatCannotBeHad_refusesToStart(String file, String variable, String why) {
        AdminConfig config = new AdminConfig(new Address.Inet("127.0.0.1", 0), file, variable, "0600");
        assertThatThrownBy(() -> AdminServer.start(config, TRANSPORT, view))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(why);
    }

    @Test
    void unixSocket_hasItsModeAndAnswers() throws Exception {
        Path path = folder.resolve("admin.sock");
        AdminConfig config = new AdminConfig(new Address.Unix(path.toString()), "", "", "0660");
        server.close();
        server = AdminServer.start(config, TRANSPORT, view);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-rw----");
        assertThat(overUnix(path)).startsWith("HTTP/1.1 200 OK");
        assertThat(server.boundTo()).isEqualTo(config.bind());
        assertThatThrownBy(() -> AdminServer.start(config, TRANSPORT, view))
                .hasMessage("The admin port cannot be bound to unix:" + path + ": another program listens there.");
        server.close();
        assertThat(path).doesNotExist();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void unixSocket_leftBehind_isReplaced() throws Exception {
        Path path = folder.resolve("admin.sock");
        try (ServerSocketChannel former = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            former.bind(UnixDomainSocketAddress.of(path));
        }
        server.close();
        server = AdminServer.start(new AdminConfig(new Address.Unix(path.toString())), TRANSPORT, view);
        assertThat(overUnix(path)).startsWith("HTTP/1.1 200 OK");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void descriptor_ofAnother_isAdopted() throws Exception {
        LinuxSocket listening = LinuxSocket.newSocketStream();
        listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        listening.listen(8);
        server.close();
        server = AdminServer.start(ANY_PORT, TRANSPORT, view, new GivenSocket(listening.intValue(), false));
        assertThat(server.port()).isEqualTo(listening.localAddress().getPort());
        assertThat(server.descriptor()).isEqualTo(listening.intValue());
        assertThat(send("GET", "/livez", "").statusCode()).isEqualTo(200);
    }

    @Test
    void retire_letsWhatIsUnderWayHaveItsAnswer() throws Exception {
        BlockedView blocked = new BlockedView(1);
        server.close();
        server = AdminServer.start(ANY_PORT, TRANSPORT, blocked);
        try (Socket idle = connect();
                Socket busy = connect()) {
            busy.getOutputStream().write("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(US_ASCII));
            assertThat(blocked.entered.await(30, TimeUnit.SECONDS)).isTrue();
            server.retire();
            assertThat(idle.getInputStream().read()).isEqualTo(-1);
            blocked.released.countDown();
            assertThat(new String(busy.getInputStream().readAllBytes(), US_ASCII))
                    .startsWith("HTTP/1.1 200 OK")
                    .contains("Connection: close");
        }
    }

    @Test
    void change_ofTheToken_holdsAtOnce() throws Exception {
        Path file = Files.writeString(folder.resolve("token"), "s3cret");
        AdminConfig wanted = new AdminConfig(new Address.Inet("127.0.0.1", 0), file.toString(), "", "0600");
        server.change(wanted).run();
        assertThat(server.config()).isEqualTo(wanted);
        assertThat(send("GET", "/metrics", "").statusCode()).isEqualTo(401);
        assertThat(withToken("s3cret")).isEqualTo(200);
    }

    @Test
    void close_freesThePort() throws IOException {
        Address same = new Address.Inet("127.0.0.1", server.port());
        server.close();
        server = AdminServer.start(new AdminConfig(same), TRANSPORT, view);
    }

    private HttpResponse<String> send(String method, String path, String accept) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + server.port() + path);
        HttpRequest.Builder request = HttpRequest.newBuilder(uri).method(method, BodyPublishers.noBody());
        if (!accept.isEmpty()) {
            request.header("Accept", accept);
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private int withToken(String token) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + server.port() + "/metrics");
        HttpRequest request = HttpRequest.newBuilder(uri)
                .header("Authorization", "Bearer " + token)
                .build();
        return client.send(request, BodyHandlers.ofString()).statusCode();
    }

    private static String overUnix(Path path) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            channel.write(ByteBuffer.wrap("GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n".getBytes(US_ASCII)));
            return new String(Channels.newInputStream(channel).readAllBytes(), US_ASCII);
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.setSoTimeout(30_000);
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
