package dev.weir.downstream;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import dev.weir.testing.TestAuthority;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP/1.1 over TLS with clients: what is said of it to servers, how connections end, and what goes wrong before. */
class TlsIT {
    private static final String GET = "GET /a HTTP/1.1\r\nHost: site.example\r\n\r\n";

    @TempDir
    private Path directory;

    private TestAuthority authority;
    private String certificates;

    @BeforeEach
    void issue() throws Exception {
        authority = TestAuthority.in(directory);
        certificates = "certificates: [" + authority.server("site.example").yaml() + "]";
    }

    private RunningWeir weir(String more, ScriptedServer... servers) {
        return weirWith("tls: { " + certificates + more + " }\nhttp: [http/1.1]", servers);
    }

    private static RunningWeir weirWith(String keys, ScriptedServer... servers) {
        return RunningWeir.before(keys, "", servers);
    }

    private RawClient connect(RunningWeir weir) throws Exception {
        return RawClient.tls(weir.port(), authority.trusting(), "site.example");
    }

    private static void awaitHandshakes(RunningWeir weir, String result, int count) {
        String series = "weir_downstream_tls_handshakes_total{result=\"" + result + "\"}";
        await().untilAsserted(() -> assertThat(weir.metric(series)).isEqualTo(count));
    }

    // ---- requests ----

    @Test
    void requests_overOneConnection_areAnsweredAndForwardedAsHttps() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir("", server);
                RawClient client = connect(weir)) {
            for (int i = 0; i < 3; i++) {
                RawClient.Message answer = client.send(GET).readMessage();
                assertThat(answer.status()).isEqualTo(200);
                assertThat(answer.content())
                        .contains("X-Forwarded-Proto: https\r\n")
                        .contains("proto=https");
            }
            awaitHandshakes(weir, "full", 1);
        }
    }

    @Test
    void chunksOfAllSizes_arriveInTheirOrder() throws Exception {
        Random random = new Random(11);
        StringBuilder chunks = new StringBuilder();
        StringBuilder content = new StringBuilder();
        for (int i = 0; i < 200; i++) {
            String chunk = Character.toString('a' + i % 26).repeat(1 + random.nextInt(i % 2 == 0 ? 20_000 : 100));
            content.append(chunk);
            chunks.append(Integer.toHexString(chunk.length()))
                    .append("\r\n")
                    .append(chunk)
                    .append("\r\n");
        }
        try (ScriptedServer server = ScriptedServer.answering(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n");
                RunningWeir weir = weir("", server);
                RawClient client = connect(weir)) {
            for (int i = 0; i < 5; i++) {
                assertThat(client.send(GET).readMessage().content()).isEqualTo(content.toString());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void largeBodies_bothWays_arriveWhole(String version) throws Exception {
        byte[] content = new byte[3_000_000];
        new java.util.Random(7).nextBytes(content);
        byte[] digest = sha256(content);
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    String head = connection.readHead();
                    byte[] body = connection.read(content.length);
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + body.length + "\r\nHead: " + head.length()
                            + "\r\n\r\n");
                    connection.send(body);
                });
                RunningWeir weir = weir("", server);
                SSLSocket socket = socket(weir)) {
            socket.setEnabledProtocols(new String[] {version});
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
                try {
                    socket.getOutputStream()
                            .write(("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + content.length + "\r\n\r\n")
                                    .getBytes(US_ASCII));
                    socket.getOutputStream().write(content);
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            InputStream in = socket.getInputStream();
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                head.append((char) in.read());
            }
            assertThat(head.toString()).startsWith("HTTP/1.1 200 ");
            assertThat(sha256(in.readNBytes(content.length))).isEqualTo(digest);
            sending.get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void secondConnection_ofTheSameClient_resumesTheSession() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir("", server)) {
            SSLContext context = authority.trusting();
            for (int i = 0; i < 2; i++) {
                try (RawClient client = RawClient.tls(weir.port(), context, "site.example")) {
                    assertThat(client.send(GET).readMessage().status()).isEqualTo(200);
                }
            }
            awaitHandshakes(weir, "full", 1);
            awaitHandshakes(weir, "resumed", 1);
        }
    }

    @Test
    void slowServer_pausesTheClient_withoutBusyLoop() throws Exception {
        SynchronousQueue<RawClient> accepted = new SynchronousQueue<>();
        CompletableFuture<Void> over = new CompletableFuture<>();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    accepted.put(connection);
                    over.get(60, TimeUnit.SECONDS);
                });
                RunningWeir weir = weir("", server);
                Socket plain = plain(weir);
                SSLSocket socket = (SSLSocket) authority
                        .trusting()
                        .getSocketFactory()
                        .createSocket(plain, "site.example", weir.port(), true)) {
            socket.startHandshake();
            CompletableFuture.runAsync(() -> {
                try {
                    socket.getOutputStream()
                            .write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n"
                                    .getBytes(US_ASCII));
                    byte[] piece = new byte[100_000];
                    for (int i = 0; i < 1000; i++) {
                        socket.getOutputStream().write(piece);
                    }
                } catch (IOException cut) {
                    // The test is over.
                }
            });
            RawClient unread = accepted.poll(30, TimeUnit.SECONDS);
            assertThat(unread).isNotNull();
            awaitStill(weir);
            // What came in may end with a part of a record, for the rest of which the TLS handler asks.
            plain.shutdownOutput();
            long before = loopCpuNanos();
            await().pollDelay(java.time.Duration.ofSeconds(1)).until(() -> true);
            assertThat(loopCpuNanos() - before).isLessThan(300_000_000);
            assertThat(weir.metric("weir_downstream_received_bytes_total")).isLessThan(40_000_000);
            over.complete(null);
        }
    }

    private static void awaitStill(RunningWeir weir) throws Exception {
        double[] seen = {0};
        await().pollInterval(java.time.Duration.ofMillis(300)).until(() -> {
            double now = weir.metric("weir_downstream_received_bytes_total");
            boolean still = now > 0 && now == seen[0];
            seen[0] = now;
            return still;
        });
    }

    private static long loopCpuNanos() {
        java.lang.management.ThreadMXBean threads = java.lang.management.ManagementFactory.getThreadMXBean();
        long sum = 0;
        for (long id : threads.getAllThreadIds()) {
            java.lang.management.ThreadInfo info = threads.getThreadInfo(id);
            if (info != null && info.getThreadName().startsWith("weir-loop")) {
                sum += threads.getThreadCpuTime(id);
            }
        }
        return sum;
    }

    // ---- endings ----

    @Test
    void closingResponse_endsWithCloseNotify() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir("", server);
                RawClient client = connect(weir)) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            assertThat(client.readMessage().status()).isEqualTo(200);
            // Java fails the read when the connection ends without close_notify.
            assertThat(client.read()).isEqualTo(-1);
        }
    }

    @Test
    void responseUntilClose_cutByTheServer_endsWithoutCloseNotify() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n");
                    connection.reset();
                });
                RunningWeir weir = weir("", server);
                RawClient client = connect(weir)) {
            client.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
            assertThatThrownBy(() -> {
                        while (client.socket().getInputStream().read() >= 0) {
                            // Only the end matters.
                        }
                    })
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void closeNotify_beforeTheResponse_abortsOrIsAnswered() throws Exception {
        CompletableFuture<Void> ended = new CompletableFuture<>();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    ended.get(30, TimeUnit.SECONDS);
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                    connection.readToEnd();
                });
                RunningWeir weir = weir("", server);
                SSLSocket socket = socket(weir)) {
            socket.getOutputStream().write(GET.getBytes(US_ASCII));
            await().untilAsserted(() -> assertThat(server.accepted()).isEqualTo(1));
            socket.shutdownOutput();
            CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> {
                try {
                    return new String(socket.getInputStream().readAllBytes(), US_ASCII);
                } catch (IOException cut) {
                    return "";
                }
            });
            await().pollDelay(java.time.Duration.ofMillis(100)).until(() -> true);
            ended.complete(null);
            // BoringSSL closes both directions, Java keeps its own open: in either case the log tells the truth.
            boolean answered = answer.get(30, TimeUnit.SECONDS).startsWith("HTTP/1.1 200");
            await().untilAsserted(() -> assertThat(
                            weir.metric("weir_failures_total{cause=\"client-aborted\",side=\"client\"}"))
                    .isEqualTo(answered ? 0 : 1));
        }
    }

    @Test
    void idleConnection_closedByTheClient_isForgotten() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir("", server)) {
            try (RawClient client = connect(weir)) {
                assertThat(client.send(GET).readMessage().status()).isEqualTo(200);
            }
            await().untilAsserted(() ->
                    assertThat(weir.metric("weir_downstream_connections_open")).isZero());
        }
    }

    @Test
    void tunnel_cutWithoutCloseNotify_isNoOrderlyEndForTheServer() throws Exception {
        CompletableFuture<Boolean> orderly = new CompletableFuture<>();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\nhello");
                    orderly.complete(connection.endsOrderly());
                });
                RunningWeir weir = weir("", server)) {
            Socket plain = plain(weir);
            SSLSocket socket = (SSLSocket)
                    authority.trusting().getSocketFactory().createSocket(plain, "site.example", weir.port(), true);
            socket.getOutputStream()
                    .write("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n"
                            .getBytes(US_ASCII));
            StringBuilder seen = new StringBuilder();
            while (seen.indexOf("hello") < 0) {
                seen.append((char) socket.getInputStream().read());
            }
            plain.shutdownOutput();
            assertThat(orderly.get(30, TimeUnit.SECONDS)).isFalse();
            plain.close();
        }
    }

    @Test
    void truncatedRecord_thenEnd_abortsTheRequest() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir("", server)) {
            Socket plain = plain(weir);
            SSLSocket socket = (SSLSocket)
                    authority.trusting().getSocketFactory().createSocket(plain, "site.example", weir.port(), true);
            socket.startHandshake();
            socket.getOutputStream()
                    .write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12".getBytes(US_ASCII));
            plain.getOutputStream().write(new byte[] {23, 3, 3, 0, 100, 1, 2, 3});
            plain.shutdownOutput();
            await().untilAsserted(() -> assertThat(
                            weir.metric("weir_failures_total{cause=\"client-aborted\",side=\"client\"}"))
                    .isEqualTo(1));
            plain.close();
        }
    }

    // ---- handshakes that fail ----

    @Test
    void clearText_onTheTlsPort_isToldSo() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir("", server);
                RawClient client = weir.connect()) {
            RawClient.Message answer = client.send(GET).readMessage();
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.content()).contains("TLS");
            assertThat(answer.header("connection")).isEqualTo("close");
            client.sendEnd();
            assertThat(client.endsOrderly()).isTrue();
            awaitHandshakes(weir, "not-tls", 1);
            assertThat(server.accepted()).isZero();
        }
    }

    @Test
    void garbage_inAHandshakeRecord_isCountedAndClosed() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir("", server);
                RawClient client = weir.connect()) {
            client.send(new byte[] {22, 3, 1, 0, 4, 9, 9, 9, 9});
            client.readToEnd();
            awaitHandshakes(weir, "malformed", 1);
        }
    }

    @Test
    void halfAHandshake_thenSilence_endsAtTheDeadline() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weirWith(
                        "tls: { " + certificates + " }\nhttp: [http/1.1]\ntimeouts: { handshake: 200ms }", server);
                RawClient silent = weir.connect();
                RawClient half = weir.connect()) {
            half.send(new byte[] {22, 3, 1, 2, 0, 1, 0, 1});
            assertThat(half.readToEnd()).isEmpty();
            assertThat(silent.readToEnd()).isEmpty();
            awaitHandshakes(weir, "timeout", 2);
        }
    }

    @Test
    void halfAHandshake_thenEnd_isCountedAsGone() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir("", server);
                RawClient half = weir.connect()) {
            half.send(new byte[] {22, 3, 1, 2, 0, 1, 0, 1});
            half.sendEnd();
            half.readToEnd();
            awaitHandshakes(weir, "client-gone", 1);
            await().untilAsserted(() ->
                    assertThat(weir.metric("weir_downstream_connections_open")).isZero());
        }
    }

    @Test
    void clientThatDoesNotTrustWeir_isCountedAsRefusing() throws Exception {
        TestAuthority stranger = TestAuthority.named("stranger", directory);
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir("", server)) {
            assertThatThrownBy(() -> RawClient.tls(weir.port(), stranger.trusting(), "site.example"))
                    .isInstanceOf(SSLException.class);
            awaitHandshakes(weir, "refused-by-client", 1);
        }
    }

    @Test
    void oldVersionOfTls_onANewListener_hasNothingInCommon() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir(", min-version: TLSv1.3", server);
                SSLSocket socket = socket(weir)) {
            socket.setEnabledProtocols(new String[] {"TLSv1.2"});
            assertThatThrownBy(socket::startHandshake).isInstanceOf(IOException.class);
            awaitHandshakes(weir, "nothing-in-common", 1);
        }
    }

    @Test
    void manyHandshakesAtOnce_allHaveTheirTurn() throws Exception {
        int clients = 40;
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir("", server);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> answers = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                answers.add(threads.submit(() -> {
                    try (RawClient client = connect(weir)) {
                        return client.send(GET).readMessage().status();
                    }
                }));
            }
            for (Future<Integer> answer : answers) {
                assertThat(answer.get()).isEqualTo(200);
            }
        }
    }

    // ---- certificates of clients ----

    @Test
    void clientCertificate_isToldToTheServerAndTheLog() throws Exception {
        TestAuthority.Issued own = authority.client("some client");
        String fingerprint =
                HexFormat.of().formatHex(sha256(own.bundle().getCertificate().getEncoded()));
        Path log = directory.resolve("access.log");
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir =
                        RunningWeir.of("""
                        event-loops: 1
                        access-log: { path: "%s", format: json }
                        listeners:
                          - bind: "127.0.0.1:0"
                            http: [http/1.1]
                            tls:
                              %s
                              client-certificates: { mode: required, ca: "%s" }
                        pools: { web: { health: off, servers: ["%s"] } }
                        """.formatted(log, certificates, authority.file(), server.address()));
                RawClient client = RawClient.tls(weir.port(), authority.trusting(own), "site.example")) {
            String answer = client.send("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Client-Cert: Hash=forged\r\n\r\n")
                    .readMessage()
                    .content();
            assertThat(answer)
                    .contains("X-Forwarded-Client-Cert: Hash=" + fingerprint + ";Subject=\"CN=some client\"\r\n")
                    .doesNotContain("forged");
            await().untilAsserted(() -> assertThat(Files.readString(log))
                    .contains("\"client_subject\":\"CN=some client\",\"client_fingerprint\":\"" + fingerprint + "\""));
        }
    }

    @Test
    void clientCertificate_requiredAndMissing_isRefused() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir =
                        weir(", client-certificates: { mode: required, ca: \"" + authority.file() + "\" }", server)) {
            assertThatThrownBy(() -> {
                        try (RawClient client = connect(weir)) {
                            client.send(GET);
                            assertThat(client.socket().getInputStream().read()).isEqualTo(-1);
                        }
                    })
                    .isInstanceOf(IOException.class);
            awaitHandshakes(weir, "client-certificate", 1);
            assertThat(server.accepted()).isZero();
        }
    }

    @Test
    void forgedCertificateField_withoutACertificate_isRemoved() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir =
                        weir(", client-certificates: { mode: optional, ca: \"" + authority.file() + "\" }", server);
                RawClient client = connect(weir)) {
            String answer = client.send("GET / HTTP/1.1\r\nHost: a\r\nx-forwarded-client-cert: Hash=forged\r\n"
                            + "Connection: x-forwarded-client-cert\r\n\r\n")
                    .readMessage()
                    .content();
            assertThat(answer).doesNotContain("forged");
        }
    }

    // ---- HSTS and redirect ----

    @Test
    void hsts_isInEveryResponse() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weirWith(
                        "tls: { " + certificates
                                + " }\nhttp: [http/1.1]\nhsts: { max-age: 1h, include-subdomains: on, preload: on }",
                        server);
                RawClient client = connect(weir)) {
            assertThat(client.send(GET).readMessage().header("strict-transport-security"))
                    .isEqualTo("max-age=3600; includeSubDomains; preload");
        }
    }

    @Test
    void redirect_keepsHostPathAndQuery() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weirWith("redirect-to-https: 443", server);
                RunningWeir other = weirWith("redirect-to-https: 8443", server);
                RawClient client = weir.connect();
                RawClient second = other.connect()) {
            RawClient.Message answer = client.send(
                            "POST /a%20b?c=d HTTP/1.1\r\nHost: a.example:80\r\n" + "Content-Length: 0\r\n\r\n")
                    .readMessage();
            assertThat(answer.status()).isEqualTo(308);
            assertThat(answer.header("location")).isEqualTo("https://a.example/a%20b?c=d");
            second.send("GET http://[::1]?q HTTP/1.1\r\nHost: [::1]\r\n\r\n");
            assertThat(second.readMessage().header("location")).isEqualTo("https://[::1]:8443/?q");
            assertThat(weir.exchange("GET / HTTP/1.0\r\n\r\n")).startsWith("HTTP/1.1 400 ");
            assertThat(server.accepted()).isZero();
        }
    }

    // ---- helpers ----

    private static Socket plain(RunningWeir weir) throws IOException {
        Socket socket = new Socket();
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), weir.port()), 30_000);
        socket.setSoTimeout(30_000);
        return socket;
    }

    private SSLSocket socket(RunningWeir weir) throws Exception {
        return (SSLSocket)
                authority.trusting().getSocketFactory().createSocket(plain(weir), "site.example", weir.port(), true);
    }

    private static byte[] sha256(byte[] bytes) throws Exception {
        return MessageDigest.getInstance("SHA-256").digest(bytes);
    }
}
