package dev.weir.http;

import static dev.weir.http.Reading.LIMITS;
import static dev.weir.http.Reading.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ResponseHeadTest {
    private static Arguments accepted(String message, String... facts) {
        return Arguments.of(message, List.of(facts));
    }

    static Stream<Arguments> accepted() {
        return Stream.of(
                accepted(
                        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
                        "200 reason=OK minor=1 framing=LENGTH length=5 keep-alive timeout=-1 ",
                        " consumed=38"),
                accepted("HTTP/1.1 200\r\n\r\n", "200 reason= minor=1 framing=UNTIL_CLOSE length=-1 keep-alive "),
                accepted("HTTP/1.1 200 \r\n\r\n", "200 reason= minor=1 "),
                accepted("HTTP/1.0 200 Very\tfine \u00e9\r\n\r\n", "reason=Very\tfine \u00e9 minor=0 ", " close "),
                accepted("HTTP/1.9 999 x\r\n\r\n", "999 reason=x minor=1 "),
                accepted("HTTP/1.1 100 Continue\r\n\r\n", "100 ", "framing=NONE length=-1 keep-alive "),
                accepted("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", "101 ", "framing=NONE "),
                accepted("HTTP/1.1 204 \r\nContent-Length: 0\r\n\r\n", "framing=NONE length=0 keep-alive "),
                accepted("HTTP/1.1 204 \r\nContent-Length: 5\r\n\r\n", "framing=NONE length=5 close "),
                accepted("HTTP/1.1 204 \r\nTransfer-Encoding: chunked\r\n\r\n", "framing=NONE length=-1 close "),
                accepted("HTTP/1.1 103 \r\nTransfer-Encoding: chunked\r\n\r\n", "framing=NONE length=-1 close "),
                accepted("HTTP/1.1 304 \r\nContent-Length: 5\r\n\r\n", "framing=NONE length=5 keep-alive "),
                accepted(
                        "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n", "framing=CHUNKED length=-1 keep-alive "),
                accepted("HTTP/1.1 200 \r\nConnection: close\r\n\r\n", " close "),
                accepted("HTTP/1.0 200 \r\nConnection: keep-alive\r\n\r\n", " keep-alive "),
                accepted("HTTP/1.1 200 \r\nKeep-Alive: timeout=5, max=9\r\n\r\n", " timeout=5 "),
                accepted("HTTP/1.1 200 \r\nKeep-Alive: max=9\r\nKeep-Alive: Timeout=65\r\n\r\n", " timeout=65 "),
                accepted("HTTP/1.1 200 \r\nKeep-Alive: timeout=, max=9\r\n\r\n", " timeout=-1 "),
                accepted("HTTP/1.1 200 \r\nKeep-Alive: timeout\r\n\r\n", " timeout=-1 "),
                accepted("HTTP/1.1 200 \r\nKeep-Alive: timeout=9999999999\r\n\r\n", " timeout=-1 "),
                accepted("HTTP/1.1 200 \r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n", "Set-Cookie=a(SET_COOKIE), "));
    }

    @ParameterizedTest
    @MethodSource("accepted")
    void read_validHead_findsParts(String message, List<String> facts) {
        String found = Reading.everyWay(parts -> Reading.response(LIMITS, parts), bytes(message));

        assertThat(found).contains(facts);
    }

    private static Arguments refused(Violation violation, String message) {
        return Arguments.of(violation, message);
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                refused(Violation.VERSION_MALFORMED, "\r\nHTTP/1.1 200 OK\r\n\r\n"),
                refused(Violation.VERSION_MALFORMED, "http/1.1 200 OK\r\n\r\n"),
                refused(Violation.VERSION_MALFORMED, "ICY 200 OK\r\n\r\n"),
                refused(Violation.VERSION_UNSUPPORTED, "HTTP/2.0 200 OK\r\n\r\n"),
                refused(Violation.STATUS_LINE, "HTTP/1.1  200 OK\r\n\r\n"),
                refused(Violation.STATUS_LINE, "HTTP/1.1\t200 OK\r\n\r\n"),
                refused(Violation.STATUS_LINE, "HTTP/1.1 20 OK\r\n\r\n"),
                refused(Violation.STATUS_LINE, "HTTP/1.1 2000 OK\r\n\r\n"),
                refused(Violation.STATUS_LINE, "HTTP/1.1 099 OK\r\n\r\n"),
                refused(Violation.STATUS_LINE, "HTTP/1.1 -20 OK\r\n\r\n"),
                refused(Violation.STATUS_LINE, "HTTP/1.1 200\tOK\r\n\r\n"),
                refused(Violation.STATUS_LINE, "HTTP/1.1\r\n\r\n"),
                refused(Violation.BARE_LF, "HTTP/1.1 200\n\r\n"),
                refused(Violation.BARE_LF, "HTTP/1.1 200 OK\n\r\n"),
                refused(Violation.BARE_CR, "HTTP/1.1 200\r \n"),
                refused(Violation.BARE_CR, "HTTP/1.1 200 OK\rX\r\n"),
                refused(Violation.REASON_INVALID, "HTTP/1.1 200 O\u0000K\r\n\r\n"),
                refused(Violation.OBS_FOLD, "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n"),
                refused(Violation.SPACE_BEFORE_COLON, "HTTP/1.1 200 OK\r\nX : a\r\n\r\n"),
                refused(Violation.LENGTH_REPEATED, "HTTP/1.1 200 \r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n"),
                refused(Violation.LENGTH_INVALID, "HTTP/1.1 204 \r\nContent-Length: -1\r\n\r\n"),
                refused(
                        Violation.LENGTH_AND_CODING,
                        "HTTP/1.1 200 \r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
                refused(Violation.CODING_UNSUPPORTED, "HTTP/1.1 200 \r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
                refused(Violation.CODING_IN_HTTP_1_0, "HTTP/1.0 200 \r\nTransfer-Encoding: chunked\r\n\r\n"));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void read_brokenRule_isRefusedByThatRule(Violation violation, String message) {
        String found = Reading.everyWay(parts -> Reading.response(LIMITS, parts), bytes(message));

        assertThat(found).isEqualTo(violation.name());
    }

    @ParameterizedTest
    @CsvSource({"200, LENGTH", "404, LENGTH", "100, NONE", "204, NONE", "304, NONE"})
    void framing_followsStatusAndMethod(int status, BodyFraming otherwise) {
        ResponseHead head = new ResponseHead();

        head.make(status, bytes("Content-Length: 3\r\n"));

        assertThat(head.framing(true)).isEqualTo(BodyFraming.NONE);
        assertThat(head.framing(false)).isEqualTo(otherwise);
    }

    @Test
    void make_fieldLines_readsLikeReceived() {
        ResponseHead head = new ResponseHead();

        head.make(502, bytes("Content-Length: 3\r\nConnection: close\r\n"));

        assertThat(Reading.describe(head))
                .startsWith("502 reason=Bad Gateway minor=1 framing=LENGTH length=3 close ")
                .endsWith("[Content-Length=3(CONTENT_LENGTH), Connection=close(CONNECTION)]");
        assertThat(head.started()).isTrue();
    }

    @Test
    void make_incompleteOrTooManyLines_isRefused() {
        ResponseHead head = new ResponseHead();

        assertThatIllegalArgumentException().isThrownBy(() -> head.make(200, bytes("\r\nX: a\r\n")));
        assertThatIllegalArgumentException().isThrownBy(() -> head.make(99, bytes("")));
        assertThat(Violation.SPACE_BEFORE_COLON.text()).contains("colon");
    }
}
