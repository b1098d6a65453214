package dev.weir.http;

import static dev.weir.http.Reading.LIMITS;
import static dev.weir.http.Reading.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BodyReaderTest {
    private static String chunked(String message) {
        return Reading.everyWay(parts -> Reading.body(BodyFraming.CHUNKED, 0, LIMITS, parts), bytes(message));
    }

    static Stream<Arguments> accepted() {
        return Stream.of(
                Arguments.of("0\r\n\r\n", "complete content= trailers=[] consumed=5"),
                Arguments.of("5\r\nhello\r\n0\r\n\r\nGET", "complete content=hello trailers=[] consumed=15"),
                Arguments.of(
                        "1\r\na\r\nA\r\n0123456789\r\n00\r\n\r\n",
                        "complete content=a0123456789 trailers=[] consumed=27"),
                Arguments.of(
                        "000000000000000a\r\n0123456789\r\n0\r\n\r\n",
                        "complete content=0123456789 trailers=[] consumed=35"),
                Arguments.of("1;a\r\nb\r\n0;c=d;e=\"f\\\"\t; \"\r\n\r\n", "complete content=b trailers=[] consumed=28"),
                Arguments.of("1;a=\"\"\r\nb\r\n", "cut short content=b trailers=[] consumed=11"),
                Arguments.of("0\r\nX: a\r\nY:b \r\n\r\nmore", "complete content= trailers=[X=a, Y=b] consumed=17"),
                Arguments.of("2\r\n\r\n\r\n0\r\n\r\n", "complete content=\r\n trailers=[] consumed=12"),
                Arguments.of("4000000000000000\r\nab", "cut short content=ab trailers=[] consumed=20"),
                Arguments.of("5\r\nhel", "cut short content=hel trailers=[] consumed=6"),
                Arguments.of("0\r\n", "cut short content= trailers=[] consumed=3"),
                Arguments.of("0\r\n\r", "cut short content= trailers=[] consumed=4"));
    }

    @ParameterizedTest
    @MethodSource("accepted")
    void next_validChunks_givesContent(String message, String expected) {
        assertThat(chunked(message)).isEqualTo(expected);
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                Arguments.of(Violation.CHUNK_SIZE_INVALID, "\r\n"),
                Arguments.of(Violation.CHUNK_SIZE_INVALID, "g\r\n"),
                Arguments.of(Violation.CHUNK_SIZE_INVALID, "+1\r\n"),
                Arguments.of(Violation.CHUNK_SIZE_INVALID, "-1\r\n"),
                Arguments.of(Violation.CHUNK_SIZE_INVALID, "0x1\r\n"),
                Arguments.of(Violation.CHUNK_SIZE_INVALID, " 1\r\n"),
                Arguments.of(Violation.CHUNK_SIZE_INVALID, "1 \r\n"),
                Arguments.of(Violation.CHUNK_SIZE_INVALID, "1 ;a\r\n"),
                Arguments.of(Violation.CHUNK_SIZE_INVALID, "1_0\r\n"),
                Arguments.of(Violation.CHUNK_SIZE_INVALID, "1\u0000\r\n"),
                Arguments.of(Violation.CHUNK_SIZE_INVALID, ";a\r\n"),
                Arguments.of(Violation.CHUNK_SIZE_OVERFLOW, "00000000000000001\r\n"),
                Arguments.of(Violation.CHUNK_SIZE_OVERFLOW, "4000000000000001\r\n"),
                Arguments.of(Violation.CHUNK_SIZE_OVERFLOW, "ffffffffffffffff\r\n"),
                Arguments.of(Violation.CHUNK_SIZE_OVERFLOW, "10000000000000000\r\n"),
                Arguments.of(Violation.BARE_LF, "1\na\r\n"),
                Arguments.of(Violation.BARE_CR, "1\ra"),
                Arguments.of(Violation.BARE_CR, "1\r\r\n"),
                Arguments.of(Violation.CHUNK_EXTENSION_INVALID, "1;\r\n"),
                Arguments.of(Violation.CHUNK_EXTENSION_INVALID, "1; a\r\n"),
                Arguments.of(Violation.CHUNK_EXTENSION_INVALID, "1;a =b\r\n"),
                Arguments.of(Violation.CHUNK_EXTENSION_INVALID, "1;a=\r\n"),
                Arguments.of(Violation.CHUNK_EXTENSION_INVALID, "1;a=b=c\r\n"),
                Arguments.of(Violation.CHUNK_EXTENSION_INVALID, "1;a=\"b\"c\r\n"),
                Arguments.of(Violation.CHUNK_EXTENSION_INVALID, "1;a=\"\r\n"),
                Arguments.of(Violation.CHUNK_EXTENSION_INVALID, "1;a=\"\\\r\n"),
                Arguments.of(Violation.CHUNK_EXTENSION_INVALID, "1;a=\"\u00e9\r\n"),
                Arguments.of(Violation.CHUNK_EXTENSION_INVALID, "1;a\u0001\r\n"),
                Arguments.of(Violation.BARE_LF, "1;a\n"),
                Arguments.of(Violation.BARE_LF, "1;a=\"\n"),
                Arguments.of(Violation.CHUNK_EXTENSIONS_TOO_LARGE, "1;" + "a".repeat(4097)),
                Arguments.of(Violation.CHUNK_END_MISSING, "1\r\nab"),
                Arguments.of(Violation.CHUNK_END_MISSING, "1\r\na\n"),
                Arguments.of(Violation.CHUNK_END_MISSING, "1\r\na\rb"),
                Arguments.of(Violation.LEADING_SPACE, "0\r\n X: a\r\n\r\n"),
                Arguments.of(Violation.NAME_INVALID, "0\r\n(: a\r\n\r\n"),
                Arguments.of(Violation.COLON_MISSING, "0\r\nGET\r\n\r\n"),
                Arguments.of(Violation.SPACE_BEFORE_COLON, "0\r\nGET / HTTP/1.1\r\n\r\n"),
                Arguments.of(Violation.SECTION_TOO_LARGE, "0\r\nX: " + "a".repeat(1024)),
                Arguments.of(Violation.TOO_MANY_FIELDS, "0\r\n" + "X:\r\n".repeat(17)));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void next_malformedChunks_areRefused(Violation violation, String message) {
        assertThat(chunked(message)).isEqualTo(violation.name());
    }

    @Test
    void next_extensionsOfManyChunks_areCountedTogether() {
        String chunk = "1;" + "a".repeat(1000) + "\r\nb\r\n";

        String whole = Reading.body(BodyFraming.CHUNKED, 0, LIMITS, bytes(chunk.repeat(5)));

        assertThat(whole).isEqualTo("CHUNK_EXTENSIONS_TOO_LARGE");
    }

    @Test
    void next_length_endsExactly() {
        String found = Reading.everyWay(
                parts -> Reading.body(BodyFraming.LENGTH, 5, LIMITS, parts), bytes("helloGET / HTTP/1.1"));

        assertThat(found).isEqualTo("complete content=hello trailers=[] consumed=5");
        assertThat(Reading.body(BodyFraming.LENGTH, 5, LIMITS, bytes("hell")))
                .isEqualTo("cut short content=hell trailers=[] consumed=4");
        assertThat(Reading.body(BodyFraming.LENGTH, 0, LIMITS, bytes("x")))
                .isEqualTo("complete content= trailers=[] consumed=0");
    }

    @Test
    void next_none_isCompleteAndTakesNothing() {
        assertThat(Reading.body(BodyFraming.NONE, 0, LIMITS, bytes("x")))
                .isEqualTo("complete content= trailers=[] consumed=0");
    }

    @Test
    void end_untilClose_completes() {
        BodyReader body = new BodyReader();
        ByteBuf in = Unpooled.wrappedBuffer(bytes("abc"));
        body.start(BodyFraming.UNTIL_CLOSE, 0, LIMITS);

        assertThat(body.next(in)).isEqualTo(3);
        in.skipBytes(3);
        assertThat(body.next(in)).isZero();
        assertThat(body.complete()).isFalse();
        assertThat(body.cutShort()).isFalse();
        body.end();
        assertThat(body.complete()).isTrue();
    }

    @Test
    void end_insideOtherFraming_staysCutShort() {
        BodyReader body = new BodyReader();
        body.start(BodyFraming.CHUNKED, 0, LIMITS);

        body.end();

        assertThat(body.complete()).isFalse();
        assertThat(body.cutShort()).isTrue();
    }

    @Test
    void start_again_forgetsTheBodyBefore() {
        BodyReader body = new BodyReader();
        body.start(BodyFraming.CHUNKED, 0, LIMITS);
        assertThat(body.next(Unpooled.wrappedBuffer(bytes("0\r\nX: a\r\n\r\n"))))
                .isZero();
        assertThat(body.trailers().size()).isEqualTo(1);

        body.start(BodyFraming.CHUNKED, 0, LIMITS);

        assertThat(body.trailers().size()).isZero();
        assertThat(body.next(Unpooled.wrappedBuffer(bytes("0\r\n\r\n")))).isZero();
        assertThat(body.complete()).isTrue();
    }
}
