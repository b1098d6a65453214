package dev.weir.protocols;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.Quiet;
import dev.weir.testing.RawClient;
import dev.weir.testing.RawHttp2;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import dev.weir.testing.TestAuthority;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** WebSockets over TLS: by an upgrade in HTTP/1.1, by an extended CONNECT (RFC 8441) in HTTP/2, in all four pairings. */
class WebSocketIT {
    private static final int ENABLE_CONNECT_PROTOCOL = 8;
    private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

    @TempDir
    Path directory;

    /** The accepted key that belongs to a key (RFC 6455 section 4.2.2). */
    private static String accept(String key) throws Exception {
        byte[] digest = MessageDigest.getInstance("SHA-1")
                .digest((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(StandardCharsets.US_ASCII));
        return Base64.getEncoder().encodeToString(digest);
    }

    /** Accepts the upgrade, sends back what comes, and ends when the client does. */
    private static ScriptedServer http1Server(CompletableFuture<String> head) throws IOException {
        return ScriptedServer.of(connection -> {
            String request = connection.readHead();
            head.complete(request);
            String key = Objects.requireNonNull(RawClient.header(request, "sec-websocket-key"));
            connection.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Accept: " + accept(key) + "\r\nSec-WebSocket-Protocol: chat\r\n\r\n");
            for (int next = connection.read(); next >= 0; next = connection.read()) {
                connection.send(new byte[] {(byte) next});
            }
        });
    }

    private static ScriptedServer http2Server(CompletableFuture<RawHttp2.Frame> head) throws IOException {
        return ScriptedServer.of(connection -> {
            RawHttp2 peer = RawHttp2.server(connection, ENABLE_CONNECT_PROTOCOL, 1);
            RawHttp2.Frame request = peer.await(RawHttp2.HEADERS);
            head.complete(request);
            int stream = request.stream();
            peer.headers(stream, false, ":status", "200", "sec-websocket-protocol", "chat");
            RawHttp2.Frame data;
            do {
                data = peer.await(RawHttp2.DATA, stream);
                peer.data(stream, data.has(RawHttp2.END_STREAM), data.text());
            } while (!data.has(RawHttp2.END_STREAM));
            while (peer.next() != null) {
                // Up to the end of the connection.
            }
        });
    }

    private RunningWeir weir(TestAuthority authority, ScriptedServer server, String poolKeys) throws Exception {
        String tls = "tls: { certificates: [" + authority.server("a.test").yaml() + "] }";
        return RunningWeir.before(tls, poolKeys, server);
    }

    private static RawClient http1Client(RunningWeir weir, TestAuthority authority) throws Exception {
        RawClient client = RawClient.tls(weir.port(), authority.trusting(), "a.test", "http/1.1");
        client.send("GET /chat HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat\r\nSec-WebSocket-Key: " + KEY
                + "\r\n\r\n");
        String head = client.readHead();
        assertThat(head).startsWith("HTTP/1.1 101 ");
        assertThat(RawClient.header(head, "upgrade")).isEqualTo("websocket");
        assertThat(RawClient.header(head, "sec-websocket-accept")).isEqualTo(accept(KEY));
        assertThat(RawClient.header(head, "sec-websocket-protocol")).isEqualTo("chat");
        return client;
    }

    private static void converse(RawClient client) throws IOException {
        for (int i = 0; i < 20; i++) {
            client.send("ping" + i);
            assertThat(client.readText(("ping" + i).length())).isEqualTo("ping" + i);
        }
        client.sendEnd();
        assertThat(client.readToEnd()).isEmpty();
    }

    private static RawHttp2 http2Client(RunningWeir weir, TestAuthority authority) throws Exception {
        RawHttp2 client = RawHttp2.client(RawClient.tls(weir.port(), authority.trusting(), "a.test", "h2"));
        assertThat(client.await(RawHttp2.SETTINGS).setting(ENABLE_CONNECT_PROTOCOL))
                .isEqualTo(1);
        client.webSocket(
                1,
                "https",
                "/chat",
                "a.test",
                "sec-websocket-version",
                "13",
                "sec-websocket-protocol",
                "chat",
                "origin",
                "https://a.test");
        RawHttp2.Frame head = client.await(RawHttp2.HEADERS, 1);
        assertThat(head.field(":status")).isEqualTo("200");
        assertThat(head.field("sec-websocket-protocol")).isEqualTo("chat");
        assertThat(head.field("sec-websocket-accept")).isNull();
        assertThat(head.field("upgrade")).isNull();
        assertThat(head.has(RawHttp2.END_STREAM)).isFalse();
        return client;
    }

    private static void converse(RawHttp2 client) throws IOException {
        for (int i = 0; i < 20; i++) {
            String text = "ping" + i;
            client.data(1, false, text);
            StringBuilder answer = new StringBuilder();
            while (answer.length() < text.length()) {
                answer.append(client.await(RawHttp2.DATA, 1).text());
            }
            assertThat(answer).hasToString(text);
        }
        client.data(1, true, "");
        RawHttp2.Frame last = client.await(RawHttp2.DATA, 1);
        while (!last.has(RawHttp2.END_STREAM)) {
            last = client.await(RawHttp2.DATA, 1);
        }
    }

    @Test
    void http1ToHttp1_overTls_isATunnel() throws Exception {
        CompletableFuture<String> head = new CompletableFuture<>();
        TestAuthority authority = TestAuthority.in(directory);
        try (ScriptedServer server = http1Server(head);
                RunningWeir weir = weir(authority, server, "")) {
            try (RawClient client = http1Client(weir, authority)) {
                converse(client);
            }
            assertThat(head.get()).contains("X-Forwarded-Proto: https");
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void http2ToHttp1_isAnUpgradeThere() throws Exception {
        CompletableFuture<String> head = new CompletableFuture<>();
        TestAuthority authority = TestAuthority.in(directory);
        try (ScriptedServer server = http1Server(head);
                RunningWeir weir = weir(authority, server, "")) {
            try (RawHttp2 client = http2Client(weir, authority)) {
                converse(client);
            }
            assertThat(head.get())
                    .startsWith("GET /chat HTTP/1.1\r\n")
                    .containsIgnoringCase("connection: upgrade\r\n")
                    .containsIgnoringCase("upgrade: websocket\r\n")
                    .contains("origin: https://a.test\r\n");
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void http1ToHttp2_isAnExtendedConnectThere() throws Exception {
        CompletableFuture<RawHttp2.Frame> head = new CompletableFuture<>();
        TestAuthority authority = TestAuthority.in(directory);
        try (ScriptedServer server = http2Server(head);
                RunningWeir weir = weir(authority, server, "http: [h2]")) {
            try (RawClient client = http1Client(weir, authority)) {
                converse(client);
            }
            RawHttp2.Frame request = head.get(5, TimeUnit.SECONDS);
            assertThat(request.field(":method")).isEqualTo("CONNECT");
            assertThat(request.field(":protocol")).isEqualTo("websocket");
            assertThat(request.field("sec-websocket-key")).isNull();
            assertThat(request.field("upgrade")).isNull();
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void http2ToHttp2_staysAnExtendedConnect() throws Exception {
        CompletableFuture<RawHttp2.Frame> head = new CompletableFuture<>();
        TestAuthority authority = TestAuthority.in(directory);
        try (ScriptedServer server = http2Server(head);
                RunningWeir weir = weir(authority, server, "http: [h2]")) {
            try (RawHttp2 client = http2Client(weir, authority)) {
                converse(client);
            }
            assertThat(head.get(5, TimeUnit.SECONDS).field(":protocol")).isEqualTo("websocket");
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void serverWithoutWebSocketsInHttp2_isAskedNothing() throws Exception {
        TestAuthority authority = TestAuthority.in(directory);
        try (ScriptedServer server = ScriptedServer.http2(peer -> {
                    while (peer.next() != null) {
                        // Whatever comes is not answered.
                    }
                });
                RunningWeir weir = weir(authority, server, "http: [h2]");
                RawHttp2 client = RawHttp2.client(RawClient.tls(weir.port(), authority.trusting(), "a.test", "h2"))) {
            client.webSocket(1, "https", "/chat", "a.test", "sec-websocket-version", "13");
            assertThat(client.await(RawHttp2.HEADERS, 1).field(":status")).startsWith("50");
        }
    }
}
