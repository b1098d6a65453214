package dev.weir.http;

import static dev.weir.http.Reading.LIMITS;
import static dev.weir.http.Reading.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RequestHeadTest {
    private static final String H = "Host: a\r\n";

    private static Arguments accepted(String message, String... facts) {
        return Arguments.of(message, List.of(facts));
    }

    static Stream<Arguments> accepted() {
        return Stream.of(
                accepted(
                        "GET / HTTP/1.1\r\n" + H + "\r\n",
                        "GET GET target=/ form=ORIGIN path=/ origin=/ host=a name=a",
                        " minor=1 framing=NONE length=-1 keep-alive fields=[Host=a(HOST)] consumed=27"),
                accepted("GET /a/b?c=d?e HTTP/1.1\r\n" + H + "\r\n", " path=/a/b origin=/a/b?c=d?e "),
                accepted("GET //x?? HTTP/1.1\r\n" + H + "\r\n", " path=//x origin=//x?? "),
                accepted("\r\n\r\nGET / HTTP/1.1\r\n" + H + "\r\nmore", "GET GET target=/ ", " consumed=31"),
                accepted("GET / HTTP/1.0\r\n\r\n", " host=none name=none minor=0 framing=NONE length=-1 close"),
                accepted("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", " minor=0 ", " keep-alive "),
                accepted("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", "length=-1 close fields"),
                accepted("GET / HTTP/1.7\r\n" + H + "\r\n", " minor=1 "),
                accepted("get / HTTP/1.1\r\n" + H + "\r\n", "get OTHER "),
                accepted("PROPFIND / HTTP/1.1\r\n" + H + "\r\n", "PROPFIND OTHER "),
                accepted("OTHER / HTTP/1.1\r\n" + H + "\r\n", "OTHER OTHER "),
                accepted("M".repeat(32) + " / HTTP/1.1\r\n" + H + "\r\n", " OTHER target=/ "),
                accepted("OPTIONS * HTTP/1.1\r\n" + H + "\r\n", "OPTIONS OPTIONS target=* form=ASTERISK path=* "),
                accepted("OPTIONS /* HTTP/1.1\r\n" + H + "\r\n", " form=ORIGIN "),
                accepted("CONNECT b:443 HTTP/1.1\r\n" + H + "\r\n", "form=AUTHORITY path= origin= host=b:443 name=b "),
                accepted(
                        "GET http://b:81/c?d HTTP/1.1\r\n" + H + "\r\n",
                        "form=ABSOLUTE path=/c origin=/c?d host=b:81 name=b "),
                accepted("GET HTTPS://[::1]:8 HTTP/1.1\r\n" + H + "\r\n", " path= origin= host=[::1]:8 name=[::1] "),
                accepted("GET http://b?q=/@ HTTP/1.1\r\n" + H + "\r\n", " path= origin=?q=/@ host=b name=b "),
                accepted("GET http://b/ HTTP/1.0\r\n\r\n", " host=b "),
                accepted(
                        "GET / HTTP/1.1\r\nhOST:\t[2001:db8::1]:80 \t\r\n\r\n",
                        " host=[2001:db8::1]:80 name=[2001:db8::1] "),
                accepted("GET / HTTP/1.1\r\nHost: a_b.%41:\r\n\r\n", " host=a_b.%41: name=a_b.%41 "),
                accepted(
                        "GET / HTTP/1.1\r\n" + H + "X:\r\nY: \t \r\nZ: a\t b\u00e9\r\n\r\n", "X=, Y=, Z=a\t b\u00e9] "),
                accepted("GET / HTTP/1.1\r\n" + H + "!#$%&'*+-.^_`|~09: x\r\n\r\n", "!#$%&'*+-.^_`|~09=x] "),
                accepted("POST / HTTP/1.1\r\n" + H + "Content-Length: 0\r\n\r\n", "framing=LENGTH length=0 "),
                accepted(
                        "POST / HTTP/1.1\r\n" + H + "Content-Length: 9223372036854775807\r\n\r\n",
                        "framing=LENGTH length=9223372036854775807 "),
                accepted(
                        "POST / HTTP/1.1\r\n" + H + "Transfer-Encoding: Chunked\r\n\r\n", "framing=CHUNKED length=-1 "),
                accepted("GET / HTTP/1.1\r\n" + H + "Connection: x, Close\r\n\r\n", "length=-1 close "),
                accepted("GET / HTTP/1.1\r\n" + H + "Connection: x\r\nConnection: ,close\r\n\r\n", "length=-1 close "),
                accepted("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "length=-1 close "),
                accepted("PUT / HTTP/1.1\r\n" + H + "Expect: 100-Continue\r\n\r\n", "keep-alive continue "),
                accepted(
                        "GET / HTTP/1.1\r\n" + H + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
                        "alive upgrade "));
    }

    @ParameterizedTest
    @MethodSource("accepted")
    void read_validHead_findsParts(String message, List<String> facts) {
        String found = Reading.everyWay(parts -> Reading.request(LIMITS, parts), bytes(message));

        assertThat(found).contains(facts);
    }

    static Stream<Arguments> noUpgrade() {
        String websocket = "Upgrade: websocket\r\n";
        String asked = "Connection: upgrade\r\n";
        return Stream.of(
                Arguments.of("GET / HTTP/1.1\r\n" + H + websocket + "\r\n"),
                Arguments.of("GET / HTTP/1.1\r\n" + H + asked + "\r\n"),
                Arguments.of("GET / HTTP/1.0\r\n" + H + asked + websocket + "\r\n"),
                Arguments.of("GET / HTTP/1.1\r\n" + H + asked + websocket + "Content-Length: 1\r\n\r\n"),
                Arguments.of("GET / HTTP/1.1\r\n" + H + asked + websocket + "Transfer-Encoding: chunked\r\n\r\n"),
                Arguments.of("GET / HTTP/1.1\r\n" + H + asked + "Upgrade: h2c\r\n\r\n"),
                Arguments.of("GET / HTTP/1.1\r\n" + H + asked + "Upgrade: websocket, H2C\r\n\r\n"));
    }

    @ParameterizedTest
    @MethodSource("noUpgrade")
    void upgrade_notAskedProperly_false(String message) {
        assertThat(Reading.request(LIMITS, bytes(message))).contains(" fields=").doesNotContain(" upgrade ");
    }

    private static Arguments refused(Violation violation, String message) {
        return Arguments.of(violation, message);
    }

    private static Arguments field(Violation violation, String lines) {
        return Arguments.of(violation, "GET / HTTP/1.1\r\n" + lines + H + "\r\n");
    }

    static Stream<Arguments> refusedLines() {
        return Stream.of(
                refused(Violation.EMPTY_LINES, "\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n" + H + "\r\n"),
                refused(Violation.BARE_LF, "\nGET / HTTP/1.1\r\n"),
                refused(Violation.BARE_CR, "\rGET / HTTP/1.1\r\n"),
                refused(Violation.METHOD_INVALID, " GET / HTTP/1.1\r\n"),
                refused(Violation.METHOD_INVALID, "G(T / HTTP/1.1\r\n"),
                refused(Violation.METHOD_INVALID, "GET\t/ HTTP/1.1\r\n"),
                refused(Violation.METHOD_INVALID, "G\u0000T / HTTP/1.1\r\n"),
                refused(Violation.METHOD_INVALID, "G\u00e9T / HTTP/1.1\r\n"),
                refused(Violation.METHOD_INVALID, "GET\r\n"),
                refused(Violation.BARE_LF, "GET\n"),
                refused(Violation.METHOD_TOO_LONG, "M".repeat(33)),
                refused(Violation.TARGET_INVALID, "GET  / HTTP/1.1\r\n"),
                refused(Violation.TARGET_INVALID, "GET \r\n"),
                refused(Violation.TARGET_INVALID, "GET /\u0000 HTTP/1.1\r\n"),
                refused(Violation.TARGET_INVALID, "GET /\t HTTP/1.1\r\n"),
                refused(Violation.TARGET_INVALID, "GET /\u007f HTTP/1.1\r\n"),
                refused(Violation.TARGET_INVALID, "GET /\u0080 HTTP/1.1\r\n"),
                refused(Violation.TARGET_INVALID, "GET /\u00ff HTTP/1.1\r\n"),
                refused(Violation.TARGET_INVALID, "GET /#x HTTP/1.1\r\n"),
                refused(Violation.VERSION_MISSING, "GET /\r\n"),
                refused(Violation.BARE_LF, "GET /\n"),
                refused(Violation.VERSION_MALFORMED, "GET / \r\n"),
                refused(Violation.VERSION_MALFORMED, "GET /  HTTP/1.1\r\n"),
                refused(Violation.VERSION_MALFORMED, "GET / a HTTP/1.1\r\n"),
                refused(Violation.VERSION_MALFORMED, "GET / http/1.1\r\n"),
                refused(Violation.VERSION_MALFORMED, "GET / HTTP/1,1\r\n"),
                refused(Violation.VERSION_MALFORMED, "GET / HTTP/11.1\r\n"),
                refused(Violation.VERSION_MALFORMED, "GET / HTTP/1.10\r\n"),
                refused(Violation.VERSION_MALFORMED, "GET / HTTP/1.1 \r\n"),
                refused(Violation.VERSION_MALFORMED, "GET / HTTP/1.x\r\n"),
                refused(Violation.VERSION_MALFORMED, "GET / HTTP/2\r\n"),
                refused(Violation.BARE_LF, "GET / HTTP/1.1\n"),
                refused(Violation.BARE_CR, "GET / HTTP/1.1\rX"),
                refused(Violation.BARE_CR, "GET / HTTP/1.1\r\r\n"),
                refused(Violation.VERSION_UNSUPPORTED, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
                refused(Violation.VERSION_UNSUPPORTED, "GET / HTTP/2.0\r\n"),
                refused(Violation.VERSION_UNSUPPORTED, "GET / HTTP/0.9\r\n"));
    }

    static Stream<Arguments> refusedTargets() {
        return Stream.of(
                refused(Violation.ASTERISK_WITHOUT_OPTIONS, "GET * HTTP/1.1\r\n"),
                refused(Violation.TARGET_FORM, "OPTIONS ** HTTP/1.1\r\n"),
                refused(Violation.TARGET_FORM, "GET a:80 HTTP/1.1\r\n"),
                refused(Violation.TARGET_FORM, "GET a/b HTTP/1.1\r\n"),
                refused(Violation.TARGET_FORM, "GET ?q HTTP/1.1\r\n"),
                refused(Violation.TARGET_FORM, "GET ftp://a/ HTTP/1.1\r\n"),
                refused(Violation.TARGET_FORM, "GET http:/a/ HTTP/1.1\r\n"),
                refused(Violation.TARGET_FORM, "GET http: HTTP/1.1\r\n"),
                refused(Violation.TARGET_FORM, "GET http:/ HTTP/1.1\r\n"),
                refused(Violation.TARGET_AUTHORITY, "GET http:// HTTP/1.1\r\n"),
                refused(Violation.TARGET_AUTHORITY, "GET http:///a HTTP/1.1\r\n"),
                refused(Violation.TARGET_AUTHORITY, "GET http://:80/ HTTP/1.1\r\n"),
                refused(Violation.TARGET_AUTHORITY, "GET http://a\\b/ HTTP/1.1\r\n"),
                refused(Violation.TARGET_AUTHORITY, "GET http://a:b/ HTTP/1.1\r\n"),
                refused(Violation.TARGET_AUTHORITY, "GET http://[::1/ HTTP/1.1\r\n"),
                refused(Violation.TARGET_USERINFO, "GET http://u:p@a/ HTTP/1.1\r\n"),
                refused(Violation.CONNECT_TARGET, "CONNECT / HTTP/1.1\r\n"),
                refused(Violation.CONNECT_TARGET, "CONNECT a HTTP/1.1\r\n"),
                refused(Violation.CONNECT_TARGET, "CONNECT a: HTTP/1.1\r\n"),
                refused(Violation.CONNECT_TARGET, "CONNECT http://a:80/ HTTP/1.1\r\n"));
    }

    static Stream<Arguments> refusedFields() {
        return Stream.of(
                field(Violation.LEADING_SPACE, " X: a\r\n"),
                field(Violation.LEADING_SPACE, "\tX: a\r\n"),
                field(Violation.OBS_FOLD, "X: a\r\n b\r\n"),
                field(Violation.OBS_FOLD, "X: a\r\n\tb: c\r\n"),
                field(Violation.OBS_FOLD, "X: a\r\n \r\n"),
                field(Violation.NAME_EMPTY, ": a\r\n"),
                field(Violation.NAME_EMPTY, "X: a\r\n:\r\n"),
                field(Violation.NAME_INVALID, "X(: a\r\n"),
                field(Violation.NAME_INVALID, "X\u0000: a\r\n"),
                field(Violation.NAME_INVALID, "X\u00e9: a\r\n"),
                field(Violation.NAME_INVALID, "X\u007f: a\r\n"),
                field(Violation.NAME_INVALID, "X\"Y: a\r\n"),
                field(Violation.SPACE_BEFORE_COLON, "X : a\r\n"),
                field(Violation.SPACE_BEFORE_COLON, "X\t: a\r\n"),
                field(Violation.SPACE_BEFORE_COLON, "Transfer-Encoding : chunked\r\n"),
                field(Violation.COLON_MISSING, "X\r\n"),
                field(Violation.BARE_LF, "X\n"),
                field(Violation.BARE_LF, "\n"),
                field(Violation.BARE_LF, "X: a\n"),
                field(Violation.BARE_CR, "\rX: a\r\n"),
                field(Violation.BARE_CR, "X: a\rb\r\n"),
                field(Violation.BARE_CR, "X: a\r\r\n"),
                field(Violation.VALUE_INVALID, "X: \u0000\r\n"),
                field(Violation.VALUE_INVALID, "X: a\u0001b\r\n"),
                field(Violation.VALUE_INVALID, "X: a\u000b\r\n"),
                field(Violation.VALUE_INVALID, "X: a\u001f\r\n"),
                field(Violation.VALUE_INVALID, "X: 0123456789\u007f\r\n"),
                refused(Violation.HOST_MISSING, "GET / HTTP/1.1\r\n\r\n"),
                refused(Violation.HOST_MISSING, "GET http://a/ HTTP/1.1\r\n\r\n"),
                field(Violation.HOST_REPEATED, "Host: a\r\n"),
                refused(Violation.HOST_REPEATED, "GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n"),
                refused(Violation.HOST_INVALID, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
                refused(Violation.HOST_INVALID, "GET http://a/ HTTP/1.1\r\nHost: \r\n\r\n"),
                refused(Violation.HOST_INVALID, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
                refused(Violation.HOST_INVALID, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
                refused(Violation.HOST_INVALID, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
                refused(Violation.HOST_INVALID, "GET / HTTP/1.1\r\nHost: a\u00e9\r\n\r\n"),
                refused(Violation.HOST_INVALID, "GET / HTTP/1.1\r\nHost: a%4\r\n\r\n"),
                refused(Violation.HOST_INVALID, "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n"),
                refused(Violation.HOST_INVALID, "GET / HTTP/1.1\r\nHost: a:000080\r\n\r\n"),
                refused(Violation.HOST_INVALID, "GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n"),
                refused(Violation.HOST_INVALID, "GET / HTTP/1.1\r\nHost: []\r\n\r\n"),
                refused(Violation.HOST_INVALID, "GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n"),
                refused(Violation.HOST_INVALID, "GET / HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n\r\n"));
    }

    static Stream<Arguments> refusedFraming() {
        return Stream.of(
                field(Violation.LENGTH_INVALID, "Content-Length:\r\n"),
                field(Violation.LENGTH_INVALID, "Content-Length: +1\r\n"),
                field(Violation.LENGTH_INVALID, "Content-Length: -1\r\n"),
                field(Violation.LENGTH_INVALID, "Content-Length: 1, 1\r\n"),
                field(Violation.LENGTH_INVALID, "Content-Length: 1 1\r\n"),
                field(Violation.LENGTH_INVALID, "Content-Length: 0x1\r\n"),
                field(Violation.LENGTH_INVALID, "Content-Length: \u00b2\r\n"),
                field(Violation.LENGTH_OVERFLOW, "Content-Length: 9223372036854775808\r\n"),
                field(Violation.LENGTH_OVERFLOW, "Content-Length: 18446744073709551617\r\n"),
                field(Violation.LENGTH_REPEATED, "Content-Length: 1\r\nContent-Length: 1\r\n"),
                field(Violation.LENGTH_REPEATED, "Content-Length: 1\r\nX: y\r\ncontent-length: 2\r\n"),
                field(Violation.LENGTH_AND_CODING, "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"),
                field(Violation.LENGTH_AND_CODING, "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"),
                field(Violation.CODING_REPEATED, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
                field(Violation.CODING_REPEATED, "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"),
                field(Violation.CODING_UNSUPPORTED, "Transfer-Encoding: gzip\r\n"),
                field(Violation.CODING_UNSUPPORTED, "Transfer-Encoding: GZIP, chunked\r\n"),
                field(Violation.CODING_UNSUPPORTED, "Transfer-Encoding: identity\r\n"),
                field(Violation.CODING_MALFORMED, "Transfer-Encoding:\r\n"),
                field(Violation.CODING_MALFORMED, "Transfer-Encoding: chunked, gzip\r\n"),
                field(Violation.CODING_MALFORMED, "Transfer-Encoding: chunked, chunked\r\n"),
                field(Violation.CODING_MALFORMED, "Transfer-Encoding: chunked,\r\n"),
                field(Violation.CODING_MALFORMED, "Transfer-Encoding: ,chunked\r\n"),
                field(Violation.CODING_MALFORMED, "Transfer-Encoding: \"chunked\"\r\n"),
                field(Violation.CODING_MALFORMED, "Transfer-Encoding: chunked;a=b\r\n"),
                field(Violation.CODING_MALFORMED, "Transfer-Encoding: xchunked\r\n"),
                field(Violation.CODING_MALFORMED, "Transfer-Encoding: chunk\u00e9d\r\n"),
                refused(Violation.CODING_IN_HTTP_1_0, "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
                field(Violation.TOO_MANY_CONNECTION_OPTIONS, "Connection: " + "a,".repeat(32) + "a\r\n"));
    }

    @ParameterizedTest
    @MethodSource({"refusedLines", "refusedTargets", "refusedFields", "refusedFraming"})
    void read_brokenRule_isRefusedByThatRule(Violation violation, String message) {
        String found = Reading.everyWay(parts -> Reading.request(LIMITS, parts), bytes(message));

        assertThat(found).isEqualTo(violation.name());
    }

    @Test
    void read_anyControlByteInValue_isRefused() {
        for (int octet = 0; octet < 256; octet++) {
            boolean allowed = octet == '\t' || (octet >= 0x20 && octet != 0x7F);
            for (String before : List.of("", "1234567", "12345678")) {
                String found = Reading.request(
                        LIMITS, bytes("GET / HTTP/1.1\r\n" + H + "X: " + before + (char) octet + "z\r\n\r\n"));
                assertThat(found.contains("fields=")).as("byte %s", octet).isEqualTo(allowed);
            }
        }
    }

    @Test
    void read_anyByteInNameOrTarget_isAcceptedOnlyWhenListed() {
        String punctuation = "!#$%&'*+-.^_`|~";
        for (int octet = 0; octet < 256; octet++) {
            boolean alphanumeric = octet < 128 && Character.isLetterOrDigit(octet);
            boolean token = alphanumeric || punctuation.indexOf(octet) >= 0;
            String name = Reading.request(LIMITS, bytes("GET / HTTP/1.1\r\n" + H + "a" + (char) octet + "b:\r\n\r\n"));
            assertThat(name.contains("fields=")).as("name %s", octet).isEqualTo(token || octet == ':');
            boolean visible = octet > 0x20 && octet < 0x7F && octet != '#';
            String target = Reading.request(LIMITS, bytes("GET /a" + (char) octet + "b HTTP/1.1\r\n" + H + "\r\n"));
            assertThat(target.contains("fields=")).as("target %s", octet).isEqualTo(visible);
        }
    }

    @Test
    void read_pipelinedRequests_eachConsumesItsOwnHead() {
        ByteBuf in = Reading.buffer(
                bytes("GET /1 HTTP/1.1\r\n" + H + "\r\nGET /2 HTTP/1.1\r\n" + H + "Content-Length: 3\r\n\r\nabc"));
        RequestHead head = new RequestHead();

        assertThat(head.read(in, LIMITS)).isTrue();
        assertThat(Reading.describe(head)).contains("target=/1 ", "framing=NONE");
        head.reset();
        assertThat(head.started()).isFalse();
        assertThat(head.read(in, LIMITS)).isTrue();
        assertThat(Reading.describe(head)).contains("target=/2 ", "framing=LENGTH length=3");
        assertThat(in.readableBytes()).isEqualTo(3);
    }

    @Test
    void read_headLargerThanOneStep_keepsItsSpans() {
        HeadLimits limits = new HeadLimits(8192, 65_536, 128);
        String message =
                "GET /" + "a".repeat(3000) + " HTTP/1.1\r\n" + H + "X: " + "b".repeat(9000) + "\r\nY: c\r\n\r\n";
        RequestHead head = new RequestHead();

        assertThat(head.read(Reading.buffer(bytes(message)), limits)).isTrue();

        assertThat(head.headers().value(1)).hasSize(9000);
        assertThat(head.headers().value(2)).isEqualTo("c");
        assertThat(head.pathEnd() - head.pathStart()).isEqualTo(3001);
        head.reset();
        assertThat(head.bytes().length).isZero();
    }

    @Test
    void started_afterEmptyLinesOnly_isFalse() {
        RequestHead head = new RequestHead();

        assertThat(head.read(Reading.buffer(bytes("\r\n\r")), LIMITS)).isFalse();
        assertThat(head.started()).isFalse();
        assertThat(head.read(Reading.buffer(bytes("\nG")), LIMITS)).isFalse();
        assertThat(head.started()).isTrue();
    }
}
