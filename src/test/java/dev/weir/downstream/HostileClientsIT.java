package dev.weir.downstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * Clients that send what no client should, at random: mutations of valid requests, whole or cut anywhere. Whatever they
 * do, the next well-behaved client is served, and no request reaches the server that is made of bytes of two.
 */
class HostileClientsIT {
    private static final long NANOS = 8_000_000_000L;

    private static final List<String> SEEDS = List.of(
            "GET /@ HTTP/1.1\r\nHost: a\r\nX-Id: @\r\n\r\n",
            "POST /@ HTTP/1.1\r\nHost: a\r\nX-Id: @\r\nContent-Length: 20\r\n\r\n<@>!",
            "PUT /@ HTTP/1.1\r\nHost: a\r\nX-Id: @\r\nTransfer-Encoding: chunked\r\n\r\n13\r\n<@>\r\n2;x=y\r\n!>\r\n0\r\nX-T: @\r\n\r\n",
            "HEAD /@ HTTP/1.0\r\nX-Id: @\r\nConnection: keep-alive\r\n\r\n",
            "GET http://h/@ HTTP/1.1\r\nHost: a\r\nX-Id: @\r\nConnection: close, x-id\r\nExpect: 100-continue\r\n\r\n",
            "GET /@ HTTP/1.1\r\nHost: a\r\nX-Id: @\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n<@>");

    private static final List<String> INSERTIONS = List.of(
            "\r\n",
            "\n",
            "\r",
            "\0",
            " ",
            "\t",
            ":",
            ",",
            "\r\n\r\n",
            "0\r\n\r\n",
            "Content-Length: 3\r\n",
            "Transfer-Encoding: chunked\r\n",
            "Content-Length: 0\r\n",
            "Host: b\r\n",
            " chunked",
            "\r\n ",
            "\u00ff",
            ";",
            "GET /x HTTP/1.1\r\n",
            "ffffffffffffffff",
            "HTTP/1.0",
            "HTTP/2.0",
            "-1",
            "#",
            "*",
            "%00");

    /** Every connection marks its bytes by a word of its own; a request with two words is made of two connections. */
    private static final Pattern MARK = Pattern.compile("k[0-9a-f]{16}");

    private static byte[] mutated(Random random, String mark) {
        String text = SEEDS.get(random.nextInt(SEEDS.size())).replace("@", mark);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
        for (int i = random.nextInt(4); i > 0; i--) {
            byte[] bytes = all.toByteArray();
            int at = random.nextInt(bytes.length);
            int length = random.nextInt(Math.min(8, bytes.length - at));
            all.reset();
            all.write(bytes, 0, at);
            switch (random.nextInt(5)) {
                case 0 -> {
                    all.write(random.nextInt(256));
                    all.write(bytes, at + 1, bytes.length - at - 1);
                }
                case 1 -> {
                    all.writeBytes(
                            INSERTIONS.get(random.nextInt(INSERTIONS.size())).getBytes(StandardCharsets.ISO_8859_1));
                    all.write(bytes, at, bytes.length - at);
                }
                case 2 -> all.write(bytes, at + length, bytes.length - at - length);
                case 3 -> {
                    all.write(bytes, at, length);
                    all.write(bytes, at, bytes.length - at);
                }
                default -> {
                    all.write(bytes[at] ^ 0x20);
                    all.write(bytes, at + 1, bytes.length - at - 1);
                }
            }
        }
        return all.toByteArray();
    }

    private static void attack(RunningWeir weir, Random random, String mark) throws IOException {
        try (RawClient client = weir.connect()) {
            ByteArrayOutputStream stream = new ByteArrayOutputStream();
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                stream.writeBytes(mutated(random, mark));
            }
            byte[] bytes = stream.toByteArray();
            int split = random.nextInt(bytes.length + 1);
            client.send(Arrays.copyOf(bytes, split));
            client.send(Arrays.copyOfRange(bytes, split, bytes.length));
            switch (random.nextInt(4)) {
                case 0 -> client.reset();
                case 1 -> {
                    client.sendEnd();
                    client.readToEnd();
                }
                case 2 -> client.read();
                default -> {
                    // Just leaves.
                }
            }
        } catch (SocketException closed) {
            // Weir may close while the rest is still being sent.
        }
    }

    private static void expectService(RunningWeir weir, int turn) throws IOException {
        String content = "sentinel " + turn;
        try (RawClient client = weir.connect()) {
            client.send("POST /_" + turn + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + content.length() + "\r\n\r\n"
                    + content);
            RawClient.Message response = client.readMessage();
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.content())
                    .startsWith("POST /_" + turn + " HTTP/1.1\r\n")
                    .endsWith("\r\n\r\n" + content);
        }
    }

    /** Echoes, and notes each request in which more than one connection's mark is found. */
    private static ScriptedServer recording(Set<String> marks, List<String> mixed) throws IOException {
        return ScriptedServer.of(connection -> {
            RawClient.Message request = connection.readMessage();
            while (!request.head().isEmpty()) {
                String seen = request.head() + request.content();
                long found = MARK.matcher(seen)
                        .results()
                        .map(MatchResult::group)
                        .filter(marks::contains)
                        .distinct()
                        .count();
                if (found > (seen.contains("sentinel") ? 0 : 1)) {
                    mixed.add(seen);
                }
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + seen.length() + "\r\n\r\n"
                        + (request.head().startsWith("HEAD ") ? "" : seen));
                request = connection.readMessage();
            }
        });
    }

    @Test
    void hostileClients_whateverTheySend_harmNobodyElse() throws Exception {
        long seed = Long.getLong("seed", 20_261_126);
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        List<String> mixed = new CopyOnWriteArrayList<>();
        Set<String> marks = ConcurrentHashMap.newKeySet();
        try (ScriptedServer server = recording(marks, mixed);
                RunningWeir weir = RunningWeir.before(
                        "timeouts: { request-head: 2s, body-idle: 2s, half-closed: 100ms, keep-alive: 2s }",
                        "timeouts: { first-byte: 10s, body-idle: 10s }",
                        server)) {
            long end = System.nanoTime() + NANOS;
            for (int turn = 0; System.nanoTime() < end; turn++) {
                String mark = String.format("k%016x", random.nextLong());
                marks.add(mark);
                attack(weir, random, mark);
                expectService(weir, turn);
            }
            Awaitility.await().until(() -> weir.metric("weir_requests_in_flight") == 0);
        }
        assertThat(mixed).as("seed " + seed).isEmpty();
    }
}
