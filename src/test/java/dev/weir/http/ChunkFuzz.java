package dev.weir.http;

import static dev.weir.http.FuzzCases.oneOf;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** Feeds chunked bodies, sound and damaged ones, to the body reader and compares it with Netty's. */
class ChunkFuzz {
    private static final HeadLimits LIMITS = new HeadLimits(0, 256, 6);
    private static final String HEAD = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

    @Test
    void chunks_soundOrDamaged_readTheSameHoweverSplitAndLikeNetty() {
        FuzzCases.run("chunks", random -> {
            byte[] bytes = FuzzCases.mutated(random, Reading.bytes(chunks(random)));
            HeadFuzz.assertSameHoweverSplit(
                    random, parts -> Reading.body(BodyFraming.CHUNKED, 0, LIMITS, parts), bytes);
            HeadFuzz.assertNettyAgrees(true, Reading.bytes(HEAD + Reading.text(bytes, 0, bytes.length)));
        });
    }

    @Test
    void soundChunks_written_readBack() {
        FuzzCases.run("chunk round trips", ChunkFuzz::roundTrip);
    }

    private static void roundTrip(Random random) {
        StringBuilder content = new StringBuilder();
        StringBuilder framed = new StringBuilder();
        for (int i = random.nextInt(5); i > 0; i--) {
            byte[] data = new byte[1 + random.nextInt(300)];
            random.nextBytes(data);
            String text = Reading.text(data, 0, data.length);
            content.append(text);
            framed.append(Integer.toHexString(data.length))
                    .append("\r\n")
                    .append(text)
                    .append("\r\n");
        }
        byte[] bytes = Reading.bytes(framed + "0\r\n\r\nrest");

        String found = Reading.body(BodyFraming.CHUNKED, 0, LIMITS, FuzzCases.parts(random, bytes));

        assertThat(found)
                .isEqualTo("complete content=" + content + " trailers=[] consumed=" + (bytes.length - "rest".length()));
    }

    /** A chunked body, in most cases a sound one. */
    static String chunks(Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(4); i > 0; i--) {
            String content = oneOf(random, "a", "hello", "0\r\n\r\n", "GET / HTTP/1.1\r\n\r\n");
            text.append(oneOf(random, "", "", "0", "000"))
                    .append(Integer.toHexString(content.length()))
                    .append(oneOf(random, "", "", "", ";a", ";a=b", ";a=\"b;\\\"\"", " ", ";", ";a=\"\n\""))
                    .append("\r\n")
                    .append(content)
                    .append(oneOf(random, "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\n", ""));
        }
        return text.append(oneOf(random, "0", "0", "00", "0;a", "-0", ""))
                .append("\r\n")
                .append(oneOf(random, "", "", "X: y\r\n", "Content-Length: 5\r\n", "X: y\r\n z\r\n", "X : y\r\n"))
                .append(oneOf(random, "\r\n", "\r\n", "\r\n", "\n"))
                .toString();
    }
}
