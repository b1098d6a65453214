package dev.weir.protocols;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.Programs;
import dev.weir.testing.RawClient;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A browser before Weir, over TLS and HTTP/2; left out where Chromium is not installed. */
class ChromiumIT {
    private static final String WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /** Loads, fetches, talks over a WebSocket, and posts what it saw. */
    private static final String PAGE = """
            <!doctype html><title>page</title><script>
            const socket = new WebSocket('wss://' + location.host + '/socket');
            socket.onopen = () => socket.send('from the page');
            socket.onmessage = async message => {
              const text = await (await fetch('/text')).text();
              const protocol = performance.getEntriesByType('navigation')[0].nextHopProtocol;
              await fetch('/seen', { method: 'POST', body: [protocol, text, message.data].join('|') });
            };
            socket.onerror = () => fetch('/seen', { method: 'POST', body: 'the WebSocket failed' });
            </script>
            """;

    @TempDir
    Path directory;

    private final Programs programs = new Programs();
    private final CompletableFuture<String> seen = new CompletableFuture<>();

    @AfterEach
    void stopAll() throws InterruptedException {
        programs.close();
    }

    private void serve(RawClient connection) throws Exception {
        while (true) {
            RawClient.Message request = connection.readMessage();
            String path = request.head().isEmpty() ? "" : request.head().split(" ", 3)[1];
            switch (path) {
                case "" -> {
                    return;
                }
                case "/" -> answer(connection, "text/html", PAGE);
                case "/text" -> answer(connection, "text/plain", "a text");
                case "/socket" -> {
                    echo(connection, Objects.requireNonNull(request.header("sec-websocket-key")));
                    return;
                }
                case "/seen" -> {
                    answer(connection, "text/plain", "thanks");
                    seen.complete(request.content());
                }
                default -> connection.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
            }
        }
    }

    private static void answer(RawClient connection, String type, String content) throws IOException {
        connection.send("HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nContent-Length: " + content.length()
                + "\r\n\r\n" + content);
    }

    /** RFC 6455: takes one short masked frame and sends its content back. */
    private static void echo(RawClient connection, String key) throws Exception {
        byte[] digest =
                MessageDigest.getInstance("SHA-1").digest((key + WEBSOCKET_GUID).getBytes(StandardCharsets.US_ASCII));
        connection.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Accept: " + Base64.getEncoder().encodeToString(digest) + "\r\n\r\n");
        byte[] head = connection.read(2);
        byte[] mask = connection.read(4);
        byte[] content = connection.read(head[1] & 0x7F);
        byte[] frame = new byte[2 + content.length];
        frame[0] = head[0];
        frame[1] = (byte) content.length;
        for (int i = 0; i < content.length; i++) {
            frame[2 + i] = (byte) (content[i] ^ mask[i % 4]);
        }
        connection.send(frame);
        connection.readToEnd();
    }

    @Test
    void page_overTlsAndHttp2_loadsAndHoldsAWebSocket() throws Exception {
        Programs.assumeInstalled("chromium");
        TestAuthority.Issued issued = TestAuthority.in(directory).server("localhost");
        try (ScriptedServer server = ScriptedServer.of(this::serve);
                RunningWeir weir = RunningWeir.before("tls: { certificates: [" + issued.yaml() + "] }", "", server)) {
            programs.start(
                    directory.resolve("chromium.out"),
                    "chromium",
                    "--headless",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-quic",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                    "--ignore-certificate-errors",
                    "--host-resolver-rules=MAP localhost 127.0.0.1",
                    "--user-data-dir=" + directory.resolve("profile"),
                    "--remote-debugging-port=0",
                    "https://localhost:" + weir.port() + "/");
            assertThat(seen.get(120, TimeUnit.SECONDS)).isEqualTo("h2|a text|from the page");
            assertThat(weir.metric("weir_tunnels_open")).isEqualTo(1);
        }
    }
}
