package dev.weir.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.config.Address;
import dev.weir.loop.Transport;
import dev.weir.observe.Cause;
import dev.weir.pool.Server;
import dev.weir.pool.ServerRegistry;
import dev.weir.testing.Programs;
import dev.weir.testing.RawHttp2;
import dev.weir.testing.ScriptedServer;
import dev.weir.testing.TestAuthority;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP checks over all that a pool's connections can be: HTTP/2, TLS, unix sockets. */
class CheckProtocolsIT {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static final String H2 = "http: [h2]\nhealth: { path: /health, contains: ok, timeout: 20s }";

    /** Netty's codec leaves out 1, as if it had been upgraded to HTTP/2. */
    private static final int FIRST = 3;

    private static final int REFUSED_STREAM = 7;

    @TempDir
    Path folder;

    /** What a server does with a request of HTTP/2, which has been read. */
    private interface Answer {
        void to(RawHttp2 http) throws Exception;
    }

    private static CheckResult http2(Answer answer) throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    RawHttp2 http = RawHttp2.server(connection);
                    http.message(FIRST);
                    answer.to(http);
                    connection.readToEnd();
                });
                Checks checks = Checks.of(H2)) {
            return checks.of(server);
        }
    }

    @Test
    void http2_soundAnswers_areUp() throws Exception {
        CheckResult whole = http2(http -> http.headers(FIRST, false, ":status", "103")
                .headers(FIRST, false, ":status", "200")
                .data(FIRST, false, "all ")
                .data(FIRST, true, "ok"));
        assertThat(whole.evidence()).startsWith("200 in ");
        CheckResult leaving = http2(http ->
                http.goAway(FIRST, 0).headers(FIRST, false, ":status", "200").data(FIRST, true, "ok"));
        assertThat(leaving.up()).as(leaving.toString()).isTrue();
    }

    @Test
    void http2_endlessBody_isCut() throws Exception {
        CompletableFuture<Boolean> reset = new CompletableFuture<>();
        CheckResult result = http2(http -> {
            http.headers(FIRST, false, ":status", "200");
            try {
                for (int i = 0; i < 1 << 16; i++) {
                    http.data(FIRST, false, "ok".repeat(512));
                }
                reset.complete(false);
            } catch (IOException closed) {
                reset.complete(true);
            }
        });
        assertThat(result.up()).as(result.toString()).isTrue();
        assertThat(reset.get(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void http2_brokenAnswers_areDown() throws Exception {
        assertThat(http2(http -> http.reset(FIRST, REFUSED_STREAM)).cause()).isEqualTo(Cause.REQUEST_REFUSED);
        assertThat(http2(http -> http.goAway(0, 0)).cause()).isEqualTo(Cause.REQUEST_REFUSED);
        assertThat(http2(http -> http.headers(FIRST, false, ":status", "200").reset(FIRST, REFUSED_STREAM))
                        .cause())
                .isEqualTo(Cause.RESPONSE_INCOMPLETE);
        assertThat(http2(http -> http.data(FIRST, true, "ok")).cause()).isEqualTo(Cause.RESPONSE_MALFORMED);
        assertThat(http2(http -> http.headers(FIRST, true, ":status", "500")).evidence())
                .isEqualTo("status 500, expected 200-399");
        assertThat(http2(http -> {
                            for (int i = 0; i < 1000; i++) {
                                http.headers(FIRST, false, ":status", "103");
                            }
                        })
                        .cause())
                .isEqualTo(Cause.RESPONSE_MALFORMED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"http/1.1", "h2"})
    void tls_speaksWhatTheServerChooses(String protocol) throws Exception {
        TestAuthority authority = TestAuthority.in(folder);
        List<String> seen = new ArrayList<>();
        try (ScriptedServer server = ScriptedServer.tls(
                        authority.server("127.0.0.1").context(),
                        connection -> {
                            if (protocol.equals("h2")) {
                                RawHttp2 http = RawHttp2.server(connection);
                                seen.addAll(http.message(FIRST).head());
                                http.headers(FIRST, false, ":status", "200").data(FIRST, true, "ok");
                                connection.readToEnd();
                            } else {
                                seen.addAll(connection.readHead().lines().toList());
                                connection.send(OK);
                            }
                        },
                        protocol);
                Checks checks = Checks.of("http: [h2, http/1.1]\ntls: { ca: '" + authority.file()
                        + "' }\nhealth: { path: /health, contains: ok, timeout: 20s }")) {
            CheckResult result = checks.of(server);
            assertThat(result.up()).as(result.toString()).isTrue();
            // Fields of a connection do not exist in HTTP/2.
            assertThat(seen.stream().anyMatch(line -> line.equalsIgnoreCase("connection: close")))
                    .isEqualTo(!protocol.equals("h2"));
            await().until(() -> server.open() == 0);
        }
    }

    @Test
    void unixSocket_isChecked_andOneThatIsMissingIsRefused() throws Exception {
        Path path = folder.resolve("server.sock");
        try (ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                Checks checks = Checks.health("path: /health")) {
            listening.bind(UnixDomainSocketAddress.of(path));
            Thread.ofVirtual().start(() -> {
                try (SocketChannel connection = listening.accept()) {
                    connection.read(ByteBuffer.allocate(1024));
                    connection.write(ByteBuffer.wrap(OK.getBytes(StandardCharsets.US_ASCII)));
                } catch (IOException closed) {
                    // The test fails by what it does not get.
                }
            });
            assertThat(checks.of(unix(path)).evidence()).startsWith("200 in ");
            assertThat(checks.of(unix(folder.resolve("none"))).cause()).isEqualTo(Cause.CONNECT_REFUSED);
        }
    }

    private static Server unix(Path path) {
        Server server = new ServerRegistry().acquire("web", new Address.Unix(path.toString()));
        SocketAddress endpoint = Transport.best().nativeSockets()
                ? new DomainSocketAddress(path.toString())
                : UnixDomainSocketAddress.of(path);
        server.endpoints(new SocketAddress[] {endpoint});
        return server;
    }

    @Test
    void nginxOverTls_isUp() throws Exception {
        Programs.assumeInstalled("nginx");
        TestAuthority authority = TestAuthority.in(folder);
        TestAuthority.Issued issued = authority.server("127.0.0.1");
        int port = Programs.freePort();
        Path config = Files.writeString(
                folder.resolve("nginx.conf"), """
                daemon off; master_process off; pid %1$s/nginx.pid; error_log %1$s/error.log;
                events { worker_connections 64; }
                http {
                  access_log off;
                  client_body_temp_path %1$s/body; proxy_temp_path %1$s/proxy; fastcgi_temp_path %1$s/f;
                  uwsgi_temp_path %1$s/u; scgi_temp_path %1$s/s;
                  server {
                    listen 127.0.0.1:%2$d ssl http2; ssl_certificate %3$s; ssl_certificate_key %4$s;
                    location = /health { return 200 "$server_protocol $http_user_agent"; }
                  }
                }
                """.formatted(folder, port, issued.chain(), issued.key()));
        String keys = "\ntls: { ca: '" + authority.file() + "' }\nhealth: { timeout: 20s, ";
        try (Programs programs = new Programs();
                Checks http1 =
                        Checks.of("http: [http/1.1]" + keys + "path: /health, contains: 'HTTP/1.1 weir-health/' }");
                Checks http2 = Checks.of("http: [h2]" + keys + "path: /health, matches: '^HTTP/2.0 weir-health/' }");
                Checks missing = Checks.of("http: [h2]" + keys + "path: /missing }");
                Checks tcp = Checks.of("http: [h2]" + keys + "type: tcp }")) {
            String errors = folder + "/error.log";
            programs.start(
                    folder.resolve("server.out"),
                    "nginx",
                    "-c",
                    config.toString(),
                    "-p",
                    folder.toString(),
                    "-e",
                    errors);
            Programs.awaitListening(port);
            assertThat(http1.of(Checks.local(port)).evidence()).startsWith("200 in ");
            assertThat(http2.of(Checks.local(port)).evidence()).startsWith("200 in ");
            assertThat(missing.of(Checks.local(port)).evidence()).isEqualTo("status 404, expected 200-399");
            assertThat(tcp.of(Checks.local(port)).evidence()).startsWith("connected in ");
        }
    }
}
