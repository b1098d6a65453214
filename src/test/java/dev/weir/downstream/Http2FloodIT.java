package dev.weir.downstream;

import static dev.weir.testing.RawHttp2.ACK;
import static dev.weir.testing.RawHttp2.CONTINUATION;
import static dev.weir.testing.RawHttp2.DATA;
import static dev.weir.testing.RawHttp2.HEADERS;
import static dev.weir.testing.RawHttp2.PADDED;
import static dev.weir.testing.RawHttp2.PING;
import static dev.weir.testing.RawHttp2.PRIORITY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.RawClient;
import dev.weir.testing.RawHttp2;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** What a client may send too much of: each bounded, counted by name, and answered with ENHANCE_YOUR_CALM. */
class Http2FloodIT {
    private static final int ENHANCE_YOUR_CALM = 11;
    private static final int CANCEL = 8;
    private static final int INITIAL_WINDOW_SIZE = 4;
    private static final String LIMITS =
            "http2: { resets: 20, control-frames: 20, window-updates: 20, empty-frames: 5, continuation-frames: 12 }";

    private interface Attack {
        void run(RawHttp2 client, int turn) throws IOException;
    }

    /** Repeats it until Weir has had enough; true when that was soon, and named so. */
    private static void assertCalmed(String reason, int atMost, Attack attack, int... settings) throws Exception {
        try (ScriptedServer server = ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
                RunningWeir weir = RunningWeir.before("http: [h2]\n" + LIMITS, "", server);
                RawHttp2 client = RawHttp2.client(weir.connect(), settings)) {
            client.silent();
            try {
                for (int turn = 0; turn < atMost; turn++) {
                    attack.run(client, turn);
                }
            } catch (SocketException closed) {
                // It had enough earlier.
            }
            assertThat(client.readToGoAway()).isEqualTo(ENHANCE_YOUR_CALM);
            assertThat(weir.metric("weir_downstream_http2_floods_total{reason=\"" + reason + "\"}"))
                    .isEqualTo(1);
            try (RawHttp2 another = RawHttp2.client(weir.connect())) {
                assertThat(another.request(1, true, "GET", "/").message(1).content())
                        .isEqualTo("abc");
            }
        }
    }

    @Test
    void resets_rapid_areBounded() throws Exception {
        assertCalmed(
                "resets",
                21,
                (client, turn) -> client.request(2 * turn + 1, true, "GET", "/").reset(2 * turn + 1, CANCEL));
    }

    @Test
    void streamErrors_madeByTheClient_areBounded() throws Exception {
        assertCalmed(
                "stream-errors",
                21,
                (client, turn) -> client.request(2 * turn + 1, true, "GET", "/").data(2 * turn + 1, true, "more"));
    }

    @Test
    void malformedRequests_areBounded() throws Exception {
        assertCalmed("stream-errors", 21, (client, turn) -> client.request(2 * turn + 1, true, "GET", "/", "X", "y"));
    }

    @Test
    void continuations_empty_areBounded() throws Exception {
        assertCalmed("continuation-frames", 14, (client, turn) -> {
            if (turn == 0) {
                client.send(HEADERS, 0, 1, RawHttp2.block(":method", "GET"));
            } else {
                client.send(CONTINUATION, 0, 1, new byte[0]);
            }
        });
    }

    @Test
    void headerBlock_long_isBounded() throws Exception {
        assertCalmed("header-block", 20, (client, turn) -> {
            byte[] block = RawHttp2.block("x", "y".repeat(16_000));
            client.send(turn == 0 ? HEADERS : CONTINUATION, 0, 1, block);
        });
    }

    @Test
    void settings_areBounded() throws Exception {
        assertCalmed("control-frames", 21, (client, turn) -> client.settings(INITIAL_WINDOW_SIZE, 1000 + turn));
    }

    @Test
    void pings_areBounded() throws Exception {
        assertCalmed("control-frames", 21, (client, turn) -> client.ping(turn));
    }

    @Test
    void acknowledgementsOfNothing_areBounded() throws Exception {
        assertCalmed("control-frames", 21, (client, turn) -> client.send(PING, ACK, 0, new byte[8]));
    }

    @Test
    void priorities_areBounded() throws Exception {
        assertCalmed(
                "control-frames",
                21,
                (client, turn) -> client.send(PRIORITY, 0, 3 + 2 * turn, new byte[] {0, 0, 0, 1, 1}));
    }

    @Test
    void unknownFrames_areBounded() throws Exception {
        assertCalmed("control-frames", 21, (client, turn) -> client.send(0xBE, 0, 0, new byte[] {1}));
    }

    @Test
    void emptyData_isBounded() throws Exception {
        assertCalmed("empty-frames", 7, (client, turn) -> {
            if (turn == 0) {
                client.request(1, false, "POST", "/");
            } else {
                client.send(DATA, 0, 1, new byte[0]);
            }
        });
    }

    @Test
    void paddingAlone_isEmptyData() throws Exception {
        assertCalmed("empty-frames", 7, (client, turn) -> {
            if (turn == 0) {
                client.request(1, false, "POST", "/");
            } else {
                client.send(DATA, PADDED, 1, new byte[] {2, 0, 0});
            }
        });
    }

    @Test
    void tinyWindows_areBounded() throws Exception {
        assertCalmed(
                "window-updates",
                40,
                (client, turn) -> {
                    if (turn == 0) {
                        client.request(1, true, "GET", "/");
                    }
                    client.windowUpdate(1, 1);
                },
                INITIAL_WINDOW_SIZE,
                0);
    }

    @Test
    void packedHeaders_bomb_isRefusedWithoutUnpacking() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before("http: [h2]", "", server);
                RawHttp2 client = RawHttp2.client(weir.connect())) {
            ByteArrayOutputStream block = new ByteArrayOutputStream();
            block.writeBytes(RawHttp2.block(":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a"));
            // One field of 3,900 bytes into the table, then fifteen thousand times its index of one byte: 60 MB.
            byte[] value = RawHttp2.block("x", "y".repeat(3_900));
            value[0] = 0x40;
            block.writeBytes(value);
            byte[] indexed = new byte[15_000 - value.length];
            Arrays.fill(indexed, (byte) 0xBE);
            block.writeBytes(indexed);
            client.send(HEADERS, RawHttp2.END_HEADERS | RawHttp2.END_STREAM, 1, block.toByteArray());

            assertThat(client.message(1).status()).isEqualTo(431);
            // The table stayed in step.
            assertThat(client.request(3, true, "GET", "/").message(3).status()).isEqualTo(200);
        }
    }

    @Test
    void unreadAnswers_doNotFillTheMemory() throws Exception {
        // Answers of Weir's own, each as long as its request: no server is asked, which would take a connection for
        // each.
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before(
                        "http: [h2]\nredirect-to-https: 443\nhttp2: { header-table: 0 }", "", server);
                RawClient raw = weir.connect()) {
            raw.socket().setReceiveBufferSize(4096);
            RawHttp2 client = RawHttp2.client(raw).silent();
            // Signs that Huffman's code does not shorten, which would take most of the time.
            String path = "/" + "$".repeat(6000);
            // Heads know no window: a client that sends requests and reads nothing is stopped by TCP in the end.
            Thread sending = Thread.ofVirtual().start(() -> {
                try {
                    for (int i = 0; i < 200_000; i++) {
                        client.request(2 * i + 1, true, "HEAD", path);
                    }
                } catch (IOException closed) {
                    // The test is over.
                }
            });
            double before = -1;
            double sent = 0;
            while (sent != before) {
                before = sent;
                sending.join(java.time.Duration.ofSeconds(1));
                sent = weir.metric("weir_downstream_sent_bytes_total");
            }
            // What the kernel holds for both ends, and little more.
            assertThat(sent).isBetween(100_000.0, 20_000_000.0);
            assertThat(server.accepted()).isZero();
        }
    }
}
