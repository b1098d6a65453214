package dev.weir.observe;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.AccessLogConfig.Format;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class LineFormatTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Pattern COMBINED =
            Pattern.compile("(\\S+) - - \\[[^]]+] \"([^\"]*)\" \\d{3} \\d+ \"([^\"]*)\" \"([^\"]*)\"");
    private static final int ROUNDS = 5_000;

    @Test
    void combined_completeRequest_isTheUsualLine() {
        FakeRequest request = FakeRequest.get("/x").referer("referer").userAgent("agent");
        assertThat(line(Format.COMBINED, request))
                .isEqualTo("192.0.2.7 - - [22/Nov/2026:12:10:00 +0000] \"GET /x HTTP/1.1\" 200 117"
                        + " \"referer\" \"agent\"");
    }

    @Test
    void bothFormats_http2_saySo() {
        FakeRequest request = FakeRequest.get("/x");
        request.http2 = true;
        assertThat(line(Format.COMBINED, request)).contains("\"GET /x HTTP/2.0\"");
        assertThat(line(Format.JSON, request)).contains("\"protocol\":\"HTTP/2.0\"");
    }

    @Test
    void combined_otherZone_showsLocalTime() {
        assertThat(line(Format.COMBINED, FakeRequest.get("/"), ZoneId.of("Asia/Kolkata")))
                .contains("[22/Nov/2026:17:40:00 +0530]");
    }

    @Test
    void combined_unreadableRequest_hasHyphens() {
        FakeRequest request = new FakeRequest();
        request.minorVersion = -1;
        request.status = 0;
        request.responseBodyBytes = 0;
        request.client = "";
        assertThat(line(Format.COMBINED, request))
                .isEqualTo("- - - [22/Nov/2026:12:10:00 +0000] \"-\" 000 0 \"-\" \"-\"");
    }

    @Test
    void combined_quoteAndControl_areHexadecimal() {
        FakeRequest request = FakeRequest.get("/").userAgent("a\"b\\c\r\nd\u007Fé");
        assertThat(line(Format.COMBINED, request)).endsWith("\"a\\x22b\\x5Cc\\x0D\\x0Ad\\x7F\\xE9\"");
    }

    @Test
    void json_completeRequest_hasAllMembersInOrder() {
        FakeRequest request = FakeRequest.get("/x").host("h").referer("r").userAgent("a");
        request.connectNanos = 1_002_003;
        request.cause = Cause.RESPONSE_INCOMPLETE;
        assertThat(line(Format.JSON, request))
                .isEqualTo("{\"time\":\"2026-11-22T12:10:00.123Z\",\"client\":\"192.0.2.7\",\"method\":\"GET\","
                        + "\"target\":\"/x\",\"host\":\"h\",\"protocol\":\"HTTP/1.1\",\"status\":200,"
                        + "\"request_bytes\":0,\"response_bytes\":117,\"listener\":\":8080\",\"pool\":\"web\","
                        + "\"server\":\"10.0.0.11:8080\",\"attempts\":1,\"reused\":true,\"duration_ms\":12.345,"
                        + "\"connect_ms\":1.002,\"first_byte_ms\":11.000,\"cause\":\"response-incomplete\","
                        + "\"referer\":\"r\",\"user_agent\":\"a\"}");
    }

    @Test
    void json_clientWithCertificate_hasItsSubjectAndFingerprint() {
        FakeRequest request = FakeRequest.get("/");
        request.clientSubject = "CN=a\"b";
        request.clientFingerprint = "00ff";
        assertThat(line(Format.JSON, request))
                .endsWith(",\"client_subject\":\"CN=a\\u0022b\",\"client_fingerprint\":\"00ff\"}");
    }

    @Test
    void json_absentParts_areNull() {
        FakeRequest request = new FakeRequest();
        request.minorVersion = -1;
        request.firstByteNanos = -1;
        request.client = "";
        request.pool = "";
        request.server = "";
        JsonNode line = JSON.readTree(line(Format.JSON, request));
        for (String name : new String[] {
            "client",
            "method",
            "target",
            "host",
            "protocol",
            "pool",
            "server",
            "connect_ms",
            "first_byte_ms",
            "cause",
            "referer",
            "user_agent"
        }) {
            assertThat(line.get(name).isNull()).as(name).isTrue();
        }
    }

    @Test
    void json_nameBeyondLatin_readsBackUnchanged() {
        FakeRequest request = FakeRequest.get("/");
        request.pool = "käse \"пул\" \uD83E\uDDC0";
        assertThat(JSON.readTree(line(Format.JSON, request)).get("pool").asString())
                .isEqualTo(request.pool);
    }

    @Test
    void json_randomBytes_readBackUnchanged() {
        long seed = seed();
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] target = bytes(random);
            byte[] agent = bytes(random);
            FakeRequest request =
                    FakeRequest.get("").target(target).userAgent(agent).referer(bytes(random));
            String line = line(Format.JSON, request);
            JsonNode read = JSON.readTree(line);
            assertThat(read.get("target").asString("")).as("seed %d", seed).isEqualTo(new String(target, ISO_8859_1));
            assertThat(read.get("user_agent").asString("")).isEqualTo(new String(agent, ISO_8859_1));
            assertPrintable(line);
        }
    }

    @Test
    void combined_randomBytes_stayOneLineInTheirQuotes() {
        long seed = seed();
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] agent = bytes(random);
            String line = line(
                    Format.COMBINED,
                    FakeRequest.get("").target(bytes(random)).userAgent(agent).referer(bytes(random)));
            assertPrintable(line);
            Matcher parts = COMBINED.matcher(line);
            assertThat(parts.matches()).as("seed %d: %s", seed, line).isTrue();
            assertThat(unescape(parts.group(4))).isEqualTo(agent.length == 0 ? "-" : new String(agent, ISO_8859_1));
        }
    }

    @Test
    void bound_worstCase_isNotExceeded() {
        byte[] controls = new byte[10_000];
        FakeRequest request =
                FakeRequest.get("").target(controls).userAgent(controls).referer(controls);
        request.durationNanos = Long.MAX_VALUE;
        request.connectNanos = Long.MAX_VALUE;
        request.firstByteNanos = Long.MAX_VALUE;
        request.responseBodyBytes = Long.MAX_VALUE;
        request.cause = Cause.RESPONSE_HEADERS_TOO_LARGE;
        request.pool = "";
        request.server = "";
        for (Format format : Format.values()) {
            assertThat(LineFormat.of(format, ZoneOffset.UTC).bound(request))
                    .isGreaterThan(line(format, request).length());
        }
    }

    @Test
    void time_secondsInAnyOrder_areRight() {
        SecondText text = new SecondText("ss", ZoneOffset.UTC);
        for (int i = 0; i < 1000; i++) {
            int second = i * 37 % 60;
            assertThat(new String(text.of(second * 1000L + 999), US_ASCII)).isEqualTo("%02d".formatted(second));
        }
        assertThat(new String(text.of(-1), US_ASCII)).isEqualTo("59");
    }

    @Test
    void decimal_anyMagnitude_isWritten() {
        LogBatch batch = new LogBatch();
        StringBuilder expected = new StringBuilder();
        for (long value = 1; value > 0; value *= 10) {
            for (long each : new long[] {value - 1, value, value + 1}) {
                batch.decimal(each);
                expected.append(each);
            }
        }
        batch.decimal(Long.MAX_VALUE);
        assertThat(US_ASCII.decode(batch.content()).toString()).isEqualTo(expected + "9223372036854775807");
    }

    private static String line(Format format, AccessRecord request) {
        return line(format, request, ZoneOffset.UTC);
    }

    private static String line(Format format, AccessRecord request, ZoneId zone) {
        LineFormat lines = LineFormat.of(format, zone);
        LogBatch batch = new LogBatch();
        batch.reserve(lines.bound(request));
        lines.append(batch, request);
        String text = ISO_8859_1.decode(batch.content()).toString();
        assertThat(text).endsWith("\n");
        return text.substring(0, text.length() - 1);
    }

    private static void assertPrintable(String line) {
        assertThat(line.chars().allMatch(c -> c >= ' ' && c <= '~')).as(line).isTrue();
    }

    private static byte[] bytes(Random random) {
        byte[] bytes = new byte[random.nextInt(40)];
        random.nextBytes(bytes);
        if (random.nextBoolean()) {
            // Mostly plain, so that special bytes stand alone among eight.
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = random.nextInt(12) == 0 ? bytes[i] : (byte) ('!' + random.nextInt(90));
            }
        }
        return bytes;
    }

    private static String unescape(String field) {
        return Pattern.compile("\\\\x([0-9A-F]{2})")
                .matcher(field)
                .replaceAll(hit -> Matcher.quoteReplacement("" + (char) Integer.parseInt(hit.group(1), 16)));
    }

    private static long seed() {
        return Long.getLong("seed", System.nanoTime());
    }
}
