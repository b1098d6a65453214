package dev.weir.http;

import static dev.weir.http.Reading.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HeadLimitsTest {
    private static final HeadLimits SMALL = new HeadLimits(24, 40, 3);

    private static String request(String message) {
        return Reading.everyWay(parts -> Reading.request(SMALL, parts), bytes(message));
    }

    private static String response(String message) {
        return Reading.everyWay(parts -> Reading.response(SMALL, parts), bytes(message));
    }

    @Test
    void line_asLongAsAllowed_isAccepted() {
        assertThat(request("GET /12345678 HTTP/1.1\r\nHost: a\r\n\r\n")).contains("target=/12345678 ");
        assertThat(response("HTTP/1.1 200 123456789\r\n\r\n")).contains("reason=123456789 ");
    }

    @Test
    void line_longerByOne_isRefused() {
        assertThat(request("GET /123456789 HTTP/1.1\r\nHost: a\r\n\r\n")).isEqualTo("LINE_TOO_LONG");
        assertThat(response("HTTP/1.1 200 1234567890\r\n\r\n")).isEqualTo("LINE_TOO_LONG");
    }

    @Test
    void line_withoutEnd_isRefusedAsSoonAsItIsTooLong() {
        assertThat(request("GET /" + "a".repeat(18))).isEqualTo("incomplete started=true");
        assertThat(request("GET /" + "a".repeat(19))).isEqualTo("LINE_TOO_LONG");
        assertThat(response("HTTP/1.1 200 " + "a".repeat(11))).isEqualTo("LINE_TOO_LONG");
    }

    @Test
    void section_asLargeAsAllowed_isAccepted() {
        assertThat(request("GET / HTTP/1.1\r\nHost: a\r\nX: " + "b".repeat(24) + "\r\n\r\n"))
                .contains("consumed=56");
    }

    @Test
    void section_largerByOne_isRefused() {
        assertThat(request("GET / HTTP/1.1\r\nHost: a\r\nX: " + "b".repeat(25) + "\r\n\r\n"))
                .isEqualTo("SECTION_TOO_LARGE");
        assertThat(response("HTTP/1.1 200\r\nX: " + "b".repeat(50))).isEqualTo("SECTION_TOO_LARGE");
    }

    @Test
    void section_withoutEnd_isRefusedAsSoonAsItIsTooLarge() {
        assertThat(request("GET / HTTP/1.1\r\n" + "b".repeat(39))).isEqualTo("incomplete started=true");
        assertThat(request("GET / HTTP/1.1\r\n" + "b".repeat(40))).isEqualTo("SECTION_TOO_LARGE");
    }

    @Test
    void fields_asManyAsAllowed_areAccepted() {
        assertThat(request("GET / HTTP/1.1\r\nHost: a\r\nB:\r\nC:\r\n\r\n")).contains("B=, C=]");
    }

    @Test
    void fields_moreByOne_areRefused() {
        assertThat(request("GET / HTTP/1.1\r\nHost: a\r\nB:\r\nC:\r\nD:")).isEqualTo("TOO_MANY_FIELDS");
    }
}
