package dev.weir.http;

import static dev.weir.http.FuzzCases.oneOf;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Feeds requests and responses, sound and damaged ones, to the parsers and compares them with Netty's. */
class HeadFuzz {
    private static final Pattern HUGE_CHUNK = Pattern.compile("\n[0-9a-fA-F]{8}");
    private static final HeadLimits LIMITS = new HeadLimits(128, 512, 8);

    @Test
    void requests_soundOrDamaged_readTheSameHoweverSplitAndLikeNetty() {
        FuzzCases.run("requests", random -> {
            byte[] bytes = FuzzCases.mutated(random, Reading.bytes(requests(random)));
            assertSameHoweverSplit(random, parts -> Reading.request(LIMITS, parts), bytes);
            assertNettyAgrees(true, bytes);
        });
    }

    @Test
    void responses_soundOrDamaged_readTheSameHoweverSplitAndLikeNetty() {
        FuzzCases.run("responses", random -> {
            byte[] bytes = FuzzCases.mutated(random, Reading.bytes(responses(random)));
            assertSameHoweverSplit(random, parts -> Reading.response(LIMITS, parts), bytes);
            assertNettyAgrees(false, bytes);
        });
    }

    @Test
    void soundRequest_written_readsBack() {
        FuzzCases.run("round trips", HeadFuzz::roundTrip);
    }

    private static void roundTrip(Random random) {
        String method = word(random, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", 1, 10);
        String target = "/" + word(random, "abc/%20.-_~!$&'()*+,;=:@?\"<>[]\\^`{|}", 0, 40);
        int count = random.nextInt(7);
        StringBuilder lines = new StringBuilder("Host: a\r\n");
        StringBuilder expected = new StringBuilder("[Host=a(HOST)");
        for (int i = 0; i < count; i++) {
            String name = "x-" + word(random, "abcXYZ019-_.!#$%&'*+^`|~", 0, 20);
            String value = word(random, "a\t bc:,;=\"\u00e9\u00ff()", 0, 30).strip();
            lines.append(name)
                    .append(oneOf(random, ":", ": ", ":\t "))
                    .append(value)
                    .append(oneOf(random, "", " \t"))
                    .append("\r\n");
            expected.append(", ").append(name).append('=').append(value);
        }
        byte[] bytes = Reading.bytes(method + " " + target + " HTTP/1.1\r\n" + lines + "\r\n");

        String found = Reading.request(Reading.LIMITS, FuzzCases.parts(random, bytes));

        assertThat(found)
                .startsWith(method + " ")
                .contains(" target=" + target + " ")
                .endsWith(expected + "] consumed=" + bytes.length);
    }

    private static String word(Random random, String letters, int least, int most) {
        StringBuilder word = new StringBuilder();
        for (int i = least + random.nextInt(most - least + 1); i > 0; i--) {
            word.append(letters.charAt(random.nextInt(letters.length())));
        }
        return word.toString();
    }

    static void assertSameHoweverSplit(Random random, Reading.Reader reader, byte[] bytes) {
        String whole = reader.read(bytes);
        assertThat(reader.read(FuzzCases.parts(random, bytes))).isEqualTo(whole);
        assertThat(reader.read(Reading.singleBytes(bytes))).isEqualTo(whole);
    }

    /**
     * Whatever Weir accepts, Netty must accept as the same messages. Two differences are known: Netty treats HTTP/1.2
     * and later as something other than HTTP/1.1 and refuses chunked bodies there, so the version is set to 1.1 before;
     * and it refuses chunks of 2 GiB and more, so what might be their size is not shown to it.
     */
    static void assertNettyAgrees(boolean requests, byte[] original) {
        byte[] bytes =
                Reading.bytes(Reading.text(original, 0, original.length).replaceAll("HTTP/1\\.[2-9]", "HTTP/1.1"));
        String input = Reading.text(bytes, 0, bytes.length);
        List<Message> weir = Message.byWeir(requests, bytes);
        if (weir.isEmpty() || HUGE_CHUNK.matcher(input).find()) {
            return;
        }
        List<Message> netty = Message.byNetty(requests, bytes);
        assertThat(netty.size()).as(input).isGreaterThanOrEqualTo(weir.size());
        for (int i = 0; i < weir.size(); i++) {
            assertThat(netty.get(i)).as(input).isEqualTo(weir.get(i));
        }
    }

    private static String requests(Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(3); i >= 0; i--) {
            text.append(oneOf(random, "", "", "", "\r\n"))
                    .append(oneOf(random, "GET", "POST", "HEAD", "OPTIONS", "CONNECT", "get", "X-Y"))
                    .append(' ')
                    .append(oneOf(
                            random, "/", "/a?b", "*", "a:80", "http://a", "http://b:80/c?d", "https://[::1]/", "//"))
                    .append(' ')
                    .append(oneOf(random, "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.2", "HTTP/2.0"))
                    .append("\r\n")
                    .append(oneOf(random, "Host: a\r\n", "Host: a\r\n", "hOST:[::1]:80\r\n", ""));
            appendFieldsAndBody(random, text);
        }
        return text.toString();
    }

    private static String responses(Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(3); i >= 0; i--) {
            text.append(oneOf(random, "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.3", "HTTP/3.0"))
                    .append(' ')
                    .append(oneOf(random, "200", "200", "404", "100", "204", "304", "205", "999", "600", "99"))
                    .append(oneOf(random, "", " ", " OK", " Not  found", " \u00e9"))
                    .append("\r\n");
            appendFieldsAndBody(random, text);
        }
        return text.toString();
    }

    private static void appendFieldsAndBody(Random random, StringBuilder text) {
        for (int i = random.nextInt(3); i > 0; i--) {
            text.append(oneOf(random, "X-Y", "Connection", "Expect", "Upgrade", "Keep-Alive", "a_b", "Trailer", "Host"))
                    .append(oneOf(random, ":", ": ", ":\t", " : "))
                    .append(oneOf(
                            random, "", "close", "keep-alive, x", "100-continue", "h2c", "a\tb ", "\"\\\"\"", "\u00e9"))
                    .append(oneOf(random, "\r\n", "\r\n", "\r\n", "\r\n", "\n", "\r", "\r\n "));
        }
        switch (random.nextInt(6)) {
            case 0, 1 -> text.append("\r\n");
            case 2, 3 -> {
                String content = oneOf(random, "", "hello", "GET / HTTP/1.1\r\n");
                text.append("Content-Length: ")
                        .append(content.length())
                        .append("\r\n\r\n")
                        .append(content);
            }
            case 4 -> text.append("Transfer-Encoding: chunked\r\n\r\n").append(ChunkFuzz.chunks(random));
            default ->
                text.append(oneOf(random, "Content-Length: 5", "Content-Length: +5", "Content-Length: 5, 5", "TE: x"))
                        .append("\r\n")
                        .append(oneOf(
                                random, "Transfer-Encoding: chunked", "Transfer-Encoding: gzip", "Content-Length: 5"))
                        .append("\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
        }
    }
}
