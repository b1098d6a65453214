package dev.weir.downstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Where messages begin and end: lengths, chunks, trailers, and content that must not change on its way. */
class FramingIT {
    private static final int LARGE = 5_000_000;

    private static byte[] randomBytes(long seed) {
        byte[] bytes = new byte[LARGE];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    @Test
    void post_contentLengthZero_isAnsweredAtOnce() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before("timeouts: { body-idle: 1h }", "", server);
                RawClient client = weir.connect()) {
            for (int i = 0; i < 2; i++) {
                client.send("POST /" + i + " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
                assertThat(client.readMessage().content())
                        .startsWith("POST /" + i + " HTTP/1.1\r\n")
                        .containsIgnoringCase("content-length: 0\r\n");
            }
        }
    }

    @Test
    void post_contentLength_arrivesUnchanged() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello")
                    .send(" world");
            assertThat(client.readMessage().content()).endsWith("\r\n\r\nhello world");
        }
    }

    @Test
    void post_chunkedWithExtensions_arrivesChunkedWithoutThem() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "5;name=\"va\\\"lue\";other\r\nhello\r\n006;x=y\r\n world\r\n0;last\r\n\r\n");
            assertThat(client.readMessage().content())
                    .containsIgnoringCase("\r\ntransfer-encoding: chunked\r\n")
                    .endsWith("\r\n\r\nhello world");
        }
    }

    @Test
    void post_trailers_reachTheServerButNotThoseThatFrame() throws Exception {
        CompletableFuture<String> seen = new CompletableFuture<>();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    seen.complete(connection.readHead() + connection.readThrough("0\r\n") + connection.readHead());
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n"
                    + "3\r\nabc\r\n0\r\nX-Sum: 42\r\nContent-Length: 7\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n");
            assertThat(client.readMessage().status()).isEqualTo(200);
        }
        assertThat(seen.get(20, TimeUnit.SECONDS)).endsWith("3\r\nabc\r\n0\r\nX-Sum: 42\r\n\r\n");
    }

    @Test
    void response_chunkedWithTrailers_arrivesWithThem() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n"
                                + "3;a=b\r\nabc\r\n0\r\nX-Sum: 42\r\n\r\n");
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            for (int i = 0; i < 2; i++) {
                client.send("GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n");
                assertThat(client.readHead()).containsIgnoringCase("transfer-encoding: chunked");
                assertThat(client.readThrough("\r\n\r\n")).isEqualTo("3\r\nabc\r\n0\r\nX-Sum: 42\r\n\r\n");
            }
        }
    }

    @Test
    void response_untilClose_arrivesChunkedAndKeepsTheClientsConnection() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\n\r\nall of it");
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            for (int i = 0; i < 2; i++) {
                client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                assertThat(client.readMessage().content()).isEqualTo("all of it");
            }
        }
    }

    @Test
    void upload_largeWithLength_isByteExact() throws Exception {
        byte[] sent = randomBytes(1);
        CompletableFuture<byte[]> seen = new CompletableFuture<>();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    seen.complete(connection.read(LARGE));
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: " + LARGE + "\r\n\r\n")
                    .send(sent);
            assertThat(client.readMessage().status()).isEqualTo(200);
            assertThat(Arrays.equals(seen.get(), sent)).isTrue();
        }
    }

    @Test
    void upload_largeInChunksOfManySizes_isByteExact() throws Exception {
        byte[] sent = randomBytes(2);
        Random sizes = new Random(3);
        ByteArrayOutputStream framed = new ByteArrayOutputStream();
        for (int at = 0; at < sent.length; ) {
            int size =
                    Math.min(1 + (sizes.nextBoolean() ? sizes.nextInt(20) : sizes.nextInt(70_000)), sent.length - at);
            framed.writeBytes((Integer.toHexString(size) + "\r\n").getBytes(StandardCharsets.US_ASCII));
            framed.write(sent, at, size);
            framed.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
            at += size;
        }
        framed.writeBytes("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        CompletableFuture<String> seen = new CompletableFuture<>();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    seen.complete(connection.readMessage().content());
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
                    .send(framed.toByteArray());
            assertThat(client.readMessage().status()).isEqualTo(200);
            assertThat(Arrays.equals(seen.get().getBytes(StandardCharsets.ISO_8859_1), sent))
                    .isTrue();
        }
    }

    @Test
    void download_largeWithLength_isByteExact() throws Exception {
        byte[] sent = randomBytes(4);
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection
                            .send("HTTP/1.1 200 OK\r\nContent-Length: " + LARGE + "\r\n\r\n")
                            .send(sent);
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            client.readHead();
            assertThat(Arrays.equals(client.read(LARGE), sent)).isTrue();
        }
    }

    @Test
    void download_largeUntilClose_isByteExactInChunks() throws Exception {
        byte[] sent = randomBytes(5);
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\n\r\n").send(sent);
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            byte[] seen = client.readMessage().content().getBytes(StandardCharsets.ISO_8859_1);
            assertThat(Arrays.equals(seen, sent)).isTrue();
        }
    }

    @Test
    void head_contentLength_isKeptAndNoContentFollows() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n");
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            for (int i = 0; i < 2; i++) {
                client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
                assertThat(client.readHead()).startsWith("HTTP/1.1 200 OK\r\n").contains("Content-Length: 1234\r\n");
            }
            assertThat(server.accepted()).isEqualTo(1);
        }
    }

    @Test
    void notModified_contentLength_isKeptAndNoContentFollows() throws Exception {
        try (ScriptedServer server =
                        ScriptedServer.answering("HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n");
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            for (int i = 0; i < 2; i++) {
                client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                assertThat(client.readHead()).startsWith("HTTP/1.1 304 ").contains("Content-Length: 99\r\n");
            }
            assertThat(server.accepted()).isEqualTo(1);
        }
    }

    @Test
    void noContent_hasNoFraming() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering("HTTP/1.1 204 No Content\r\n\r\n");
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            for (int i = 0; i < 2; i++) {
                client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                assertThat(client.readHead())
                        .startsWith("HTTP/1.1 204 ")
                        .doesNotContainIgnoringCase("content-length")
                        .doesNotContainIgnoringCase("transfer-encoding");
            }
        }
    }
}
