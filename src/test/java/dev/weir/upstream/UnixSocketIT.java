package dev.weir.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.Quiet;
import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnixSocketIT {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @TempDir
    Path directory;

    private static RunningWeir weir(String bind, String server) {
        return RunningWeir.of("""
                event-loops: 1
                admin: { bind: "127.0.0.1:0" }
                listeners: [{ bind: "%s" }]
                pools: { web: { health: off, queue: { requests: 0 }, servers: ["%s"] } }
                """.formatted(bind, server));
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String read(SocketChannel channel, int length) throws IOException {
        return new String(Channels.newInputStream(channel).readNBytes(length), StandardCharsets.US_ASCII);
    }

    @Test
    void serverOnUnixSocket_answers_connectionReused() throws Exception {
        Path path = directory.resolve("server.sock");
        try (ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listening.bind(UnixDomainSocketAddress.of(path));
            Thread server = Thread.ofVirtual().start(() -> {
                try (SocketChannel connection = listening.accept()) {
                    for (int i = 0; i < 2; i++) {
                        StringBuilder head = new StringBuilder();
                        while (head.indexOf("\r\n\r\n") < 0) {
                            head.append(read(connection, 1));
                        }
                        connection.write(bytes(OK));
                    }
                } catch (IOException closed) {
                    // The test fails by what it does not get.
                }
            });
            try (RunningWeir weir = weir("127.0.0.1:0", "unix:" + path)) {
                try (RawClient client = weir.connect()) {
                    for (int i = 0; i < 2; i++) {
                        assertThat(client.send(GET).readMessage().content()).isEqualTo("ok");
                    }
                }
                server.join();
                Quiet.awaitQuiet(weir);
            }
        }
    }

    @Test
    void noServerBehindTheSocketFile_connectRefused() throws Exception {
        try (RunningWeir weir = weir("127.0.0.1:0", "unix:" + directory.resolve("none.sock"))) {
            assertThat(weir.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
                    .startsWith("HTTP/1.1 502 ")
                    .contains("details=\"connect-refused\"");
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void noServerBehindTheSocketFile_anotherAnswers() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(OK);
                RunningWeir weir =
                        weir("127.0.0.1:0", "unix:" + directory.resolve("none.sock") + "\", \"" + server.address())) {
            for (int i = 0; i < 4; i++) {
                assertThat(weir.exchange(
                                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx"))
                        .endsWith("ok");
            }
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void listenerOnUnixSocket_serves_andRemovesItsFile() throws Exception {
        Path path = directory.resolve("weir.sock");
        try (ScriptedServer server = ScriptedServer.answering(OK)) {
            try (RunningWeir weir = weir("unix:" + path, server.address());
                    SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
                client.write(bytes(GET));
                assertThat(read(client, 15)).isEqualTo("HTTP/1.1 200 OK");
                assertThat(weir.port()).isEqualTo(-1);
            }
            assertThat(Files.exists(path)).isFalse();
        }
    }
}
