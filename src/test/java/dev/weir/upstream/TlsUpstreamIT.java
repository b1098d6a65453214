package dev.weir.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.RawClient;
import dev.weir.testing.RawHttp2;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import dev.weir.testing.TestAuthority;
import io.netty.pkitesting.CertificateBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS with servers: who is believed, how it fails, what ends a response. */
class TlsUpstreamIT {
    private static final String GET = "GET / HTTP/1.1\r\nHost: site\r\nConnection: close\r\n\r\n";
    private static final String KEPT_GET = "GET / HTTP/1.1\r\nHost: site\r\n\r\n";
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @TempDir
    private Path folder;

    private TestAuthority authority;

    @BeforeEach
    void authority() throws Exception {
        authority = TestAuthority.in(folder);
    }

    private String trusting(String more) {
        return "tls: { ca: \"" + authority.file() + "\"" + more + " }\n";
    }

    private static ScriptedServer answering(SSLContext context, String response) throws Exception {
        return ScriptedServer.tls(context, connection -> {
            while (!connection.readMessage().head().isEmpty()) {
                connection.send(response);
            }
        });
    }

    @Test
    void serverOfTheAuthority_isSpokenTo_andItsConnectionIsReused() throws Exception {
        try (ScriptedServer server = answering(authority.server("127.0.0.1").context(), OK);
                RunningWeir weir = RunningWeir.before("", trusting(""), server);
                RawClient client = weir.connect()) {
            for (int i = 0; i < 3; i++) {
                assertThat(client.send(KEPT_GET).readMessage().content()).isEqualTo("ok");
            }
            assertThat(server.accepted()).isEqualTo(1);
        }
    }

    @Test
    void serverName_isAskedForAndVerified() throws Exception {
        List<String> asked = new CopyOnWriteArrayList<>();
        SSLContext context = authority.server("inner.example").context();
        try (ScriptedServer server = ScriptedServer.tls(context, connection -> {
                    ExtendedSSLSession session = (ExtendedSSLSession) ((SSLSocket) connection.socket()).getSession();
                    asked.add(session.getRequestedServerNames().toString());
                    connection.readMessage();
                    connection.send(OK);
                });
                RunningWeir weir = RunningWeir.before("", trusting(", server-name: inner.example"), server)) {
            assertThat(weir.exchange(GET)).endsWith("ok");
            assertThat(asked).hasSize(1).first().asString().contains("inner.example");
        }
    }

    @Test
    void otherAuthority_otherName_expired_areCertificateErrors() throws Exception {
        TestAuthority other = TestAuthority.named("other", folder);
        CertificateBuilder expired = TestAuthority.serverBuilder("127.0.0.1")
                .notBefore(Instant.now().minus(Duration.ofDays(20)))
                .notAfter(Instant.now().minus(Duration.ofDays(10)));
        for (SSLContext context : List.of(
                other.server("127.0.0.1").context(),
                authority.server("elsewhere.example").context(),
                authority.issue("expired", expired).context())) {
            try (ScriptedServer server = answering(context, OK);
                    RunningWeir weir = RunningWeir.before("", trusting(""), server)) {
                assertThat(weir.exchange(GET))
                        .startsWith("HTTP/1.1 502")
                        .contains("error=tls_certificate_error; details=\"tls-certificate-error\"");
            }
        }
    }

    @Test
    void insecureSkipVerify_takesAnyCertificate() throws Exception {
        try (ScriptedServer server = answering(
                        TestAuthority.named("other", folder).server("x").context(), OK);
                RunningWeir weir = RunningWeir.before("", "tls: { insecure-skip-verify: on }\n", server)) {
            assertThat(weir.exchange(GET)).endsWith("ok");
        }
    }

    @Test
    void serverWithoutTls_isAProtocolError() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.read(5);
                    connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
                    connection.readToEnd();
                });
                RunningWeir weir = RunningWeir.before("", trusting(""), server)) {
            assertThat(weir.exchange(GET))
                    .startsWith("HTTP/1.1 502")
                    .contains("error=tls_protocol_error; details=\"tls-protocol-error\"");
        }
    }

    @Test
    void serverThatNeverShakesHands_connectTimeout() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(RawClient::readToEnd);
                RunningWeir weir = RunningWeir.before("", trusting("") + "timeouts: { connect: 200ms }\n", server)) {
            assertThat(weir.exchange(GET)).startsWith("HTTP/1.1 504").contains("connect-timeout");
        }
    }

    @Test
    void serverWantsACertificate_withoutAlert_withServed() throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(
                authority.server("127.0.0.1").bundle().toKeyManagerFactory().getKeyManagers(),
                authority.root().toTrustManagerFactory().getTrustManagers(),
                null);
        TestAuthority.Issued own = authority.client("weir");
        try (ScriptedServer server = ScriptedServer.tls(context, connection -> {
            SSLSocket socket = (SSLSocket) connection.socket();
            socket.setNeedClientAuth(true);
            connection.readMessage();
            connection.send(OK);
        })) {
            try (RunningWeir weir = RunningWeir.before("", trusting(", certificate: " + own.yaml()), server)) {
                assertThat(weir.exchange(GET)).endsWith("ok");
            }
            try (RunningWeir weir = RunningWeir.before("", trusting(""), server)) {
                assertThat(weir.exchange(GET)).startsWith("HTTP/1.1 502").contains("tls-alert-received");
            }
        }
    }

    @Test
    void responseUntilClose_isWholeWithCloseNotify_andCutWithoutIt() throws Exception {
        String response = "HTTP/1.1 200 OK\r\n\r\nall of it";
        SSLContext context = authority.server("127.0.0.1").context();
        try (ScriptedServer orderly = ScriptedServer.tls(context, connection -> {
                    connection.readMessage();
                    connection.send(response);
                });
                RunningWeir weir = RunningWeir.before("", trusting(""), orderly)) {
            assertThat(weir.exchange(GET)).contains("all of it").endsWith("0\r\n\r\n");
        }
        CountDownLatch answered = new CountDownLatch(1);
        try (ScriptedServer behind = ScriptedServer.tls(context, connection -> {
                    connection.readMessage();
                    connection.send(response);
                    answered.countDown();
                    connection.readToEnd();
                });
                ScriptedServer cutting =
                        ScriptedServer.of(connection -> relayAndCut(connection, behind.port(), answered));
                RunningWeir weir = RunningWeir.before("", trusting(""), cutting)) {
            assertThat(weir.exchange(GET)).doesNotContain("0\r\n\r\n");
            assertThat(weir.metric("weir_failures_total{cause=\"response-incomplete\",side=\"server\"}"))
                    .isEqualTo(1);
        }
    }

    /** Passes everything on until the response has gone by, and then ends the connection below TLS. */
    private static void relayAndCut(RawClient client, int port, CountDownLatch answered) throws Exception {
        try (RawClient server = new RawClient(port)) {
            Thread requests = Thread.ofVirtual().start(() -> {
                try {
                    client.socket().getInputStream().transferTo(server.socket().getOutputStream());
                } catch (java.io.IOException over) {
                    // The cut.
                }
            });
            byte[] buffer = new byte[65536];
            server.socket().setSoTimeout(100);
            boolean all = false;
            while (!all) {
                boolean sent = answered.getCount() == 0;
                try {
                    int count = server.socket().getInputStream().read(buffer);
                    client.socket().getOutputStream().write(buffer, 0, count);
                } catch (java.net.SocketTimeoutException silent) {
                    all = sent;
                }
            }
            client.socket().shutdownOutput();
            requests.join();
        }
    }

    @Test
    void alpn_serverChoosesHttp2OrHttp1() throws Exception {
        SSLContext context = authority.server("127.0.0.1").context();
        String keys = trusting("") + "http: [h2, http/1.1]\n";
        try (ScriptedServer both = ScriptedServer.tls(
                        context,
                        connection -> {
                            RawHttp2 http = RawHttp2.server(connection);
                            for (RawHttp2.Frame f = http.next(); f != null; f = http.next()) {
                                if (f.type() == RawHttp2.HEADERS) {
                                    http.headers(f.stream(), false, ":status", "200");
                                    http.data(f.stream(), true, "by h2 " + f.field(":scheme"));
                                }
                            }
                        },
                        "h2",
                        "http/1.1");
                RunningWeir weir = RunningWeir.before("", keys, both)) {
            assertThat(weir.exchange(GET)).contains("by h2 https");
            assertThat(weir.exchange(GET)).contains("by h2 https");
            assertThat(both.accepted()).isEqualTo(1);
        }
        try (ScriptedServer old = ScriptedServer.tls(context, ScriptedServer::echo, "http/1.1");
                RunningWeir weir = RunningWeir.before("", keys, old)) {
            assertThat(weir.exchange(GET)).contains("GET / HTTP/1.1");
            assertThat(weir.exchange(GET)).contains("GET / HTTP/1.1");
        }
        try (ScriptedServer old = ScriptedServer.tls(context, ScriptedServer::echo, "http/1.1");
                RunningWeir weir = RunningWeir.before("", trusting("") + "http: [h2]\n", old)) {
            assertThat(weir.exchange(GET)).startsWith("HTTP/1.1 502");
        }
    }

    @Test
    void upgradeThatHttp2DoesNotTake_goesOverHttp1() throws Exception {
        SSLContext context = authority.server("127.0.0.1").context();
        try (ScriptedServer server = ScriptedServer.tls(
                        context,
                        connection -> {
                            ((SSLSocket) connection.socket()).startHandshake();
                            if (connection.protocol().equals("h2")) {
                                RawHttp2 http = RawHttp2.server(connection);
                                http.headers(http.await(RawHttp2.HEADERS).stream(), true, ":status", "204");
                                http.next();
                            } else {
                                connection.readHead();
                                connection.send(
                                        "HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello");
                                connection.readToEnd();
                            }
                        },
                        "h2",
                        "http/1.1");
                RunningWeir weir = RunningWeir.before("", trusting("") + "http: [h2, http/1.1]\n", server);
                RawClient client = weir.connect()) {
            assertThat(weir.exchange(GET)).startsWith("HTTP/1.1 204");
            client.send("GET /ws HTTP/1.1\r\nHost: site\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
            assertThat(client.readHead()).startsWith("HTTP/1.1 101");
            assertThat(client.readText(5)).isEqualTo("hello");
        }
    }

    @Test
    void largeBodies_passBothWays() throws Exception {
        String body = "x".repeat(3_000_000);
        try (ScriptedServer server =
                        ScriptedServer.tls(authority.server("127.0.0.1").context(), ScriptedServer::echo);
                RunningWeir weir = RunningWeir.before("", trusting(""), server)) {
            String answer = weir.exchange("POST / HTTP/1.1\r\nHost: site\r\nConnection: close\r\nContent-Length: "
                    + body.length() + "\r\n\r\n" + body);
            assertThat(answer).startsWith("HTTP/1.1 200").endsWith(body);
        }
    }
}
