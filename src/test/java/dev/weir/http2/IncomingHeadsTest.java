package dev.weir.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.weir.http.BodyFraming;
import dev.weir.http.HeadLimits;
import dev.weir.http.Headers;
import dev.weir.http.Method;
import dev.weir.http.ProtocolViolation;
import dev.weir.http.RequestHead;
import dev.weir.http.ResponseHead;
import dev.weir.http.Violation;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IncomingHeadsTest {
    private static final HeadLimits LIMITS = new HeadLimits(1024, 4096, 32);
    private static final String[] PLAIN = {
        ":method", "GET", ":scheme", "https", ":authority", "a.example", ":path", "/x"
    };

    private final IncomingHeads heads = new IncomingHeads();

    private static FieldList block(String... namesAndValues) {
        FieldList block = new FieldList(8192);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            block.add(text(namesAndValues[i]), text(namesAndValues[i + 1]));
        }
        return block;
    }

    private static AsciiString text(String text) {
        return new AsciiString(text.getBytes(StandardCharsets.ISO_8859_1), false);
    }

    private static String[] plain(String... more) {
        List<String> all = new ArrayList<>(List.of(PLAIN));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    private RequestHead request(boolean ended, String... fields) {
        RequestHead head = new RequestHead();
        heads.request(block(fields), ended, head, LIMITS);
        return head;
    }

    private ResponseHead response(boolean ended, String... fields) {
        ResponseHead head = new ResponseHead();
        heads.response(block(fields), ended, head, LIMITS);
        return head;
    }

    private static String span(byte[] bytes, int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }

    private static String lines(Headers headers) {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < headers.size(); i++) {
            lines.append(headers.name(i)).append('=').append(headers.value(i)).append('|');
        }
        return lines.toString();
    }

    private void assertRefused(Violation violation, boolean ended, String... fields) {
        assertThatExceptionOfType(ProtocolViolation.class)
                .isThrownBy(() -> request(ended, fields))
                .satisfies(refused -> assertThat(refused.violation()).isEqualTo(violation));
    }

    @Test
    void request_endedWithHead_hasNoContent() {
        RequestHead head = request(true, plain("accept", "*/*"));

        assertThat(head.method()).isEqualTo(Method.GET);
        assertThat(head.framing()).isEqualTo(BodyFraming.NONE);
        assertThat(span(head.bytes(), head.targetStart(), head.targetEnd())).isEqualTo("/x");
        assertThat(span(head.bytes(), head.hostStart(), head.hostEnd())).isEqualTo("a.example");
        assertThat(lines(head.headers())).isEqualTo("host=a.example|accept=*/*|");
    }

    @Test
    void request_goesOnWithoutLength_isChunked() {
        assertThat(request(false, plain()).framing()).isEqualTo(BodyFraming.CHUNKED);
    }

    @Test
    void request_withLength_hasThatLength() {
        RequestHead head = request(false, plain("content-length", "5"));

        assertThat(head.framing()).isEqualTo(BodyFraming.LENGTH);
        assertThat(head.contentLength()).isEqualTo(5);
    }

    @Test
    void request_hostInsteadOfAuthority_isTheHost() {
        RequestHead head = request(true, ":method", "GET", ":scheme", "http", ":path", "/", "host", "b:8080");

        assertThat(span(head.bytes(), head.hostStart(), head.hostEnd())).isEqualTo("b:8080");
    }

    @Test
    void request_hostAgreesWithAuthority_isSaidOnce() {
        assertThat(lines(request(true, plain("host", "A.Example")).headers())).isEqualTo("host=a.example|");
    }

    @Test
    void request_cookieCrumbs_areJoined() {
        assertThat(lines(request(true, plain("cookie", "a=1", "x", "y", "cookie", "b=2"))
                        .headers()))
                .isEqualTo("host=a.example|x=y|cookie=a=1; b=2|");
    }

    @Test
    void request_extendedConnect_asksForUpgrade() {
        RequestHead head = request(
                false,
                plain("sec-websocket-key", "mine", "sec-websocket-protocol", "chat")); // as a plain request it is kept
        assertThat(lines(head.headers())).contains("sec-websocket-key=mine|");

        RequestHead upgrade = request(
                false,
                ":method",
                "CONNECT",
                ":protocol",
                "websocket",
                ":scheme",
                "https",
                ":path",
                "/chat",
                ":authority",
                "a.example",
                "sec-websocket-key",
                "mine",
                "sec-websocket-protocol",
                "chat");

        assertThat(upgrade.method()).isEqualTo(Method.GET);
        assertThat(upgrade.upgrade()).isTrue();
        assertThat(upgrade.framing()).isEqualTo(BodyFraming.NONE);
        assertThat(lines(upgrade.headers()))
                .contains(
                        "connection=Upgrade|upgrade=websocket|sec-websocket-version=13|",
                        "sec-websocket-protocol=chat|")
                .containsPattern("sec-websocket-key=[A-Za-z0-9+/]{22}==\\|")
                .doesNotContain("mine");
    }

    @Test
    void request_plainConnect_isConnect() {
        assertThat(request(false, ":method", "CONNECT", ":authority", "a:1").method())
                .isEqualTo(Method.CONNECT);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '!',
            value = {
                "PSEUDO_MISSING! :method,GET,:scheme,http,:authority,a",
                "PSEUDO_MISSING! :method,GET,:authority,a,:path,/",
                "PSEUDO_MISSING! :scheme,http,:authority,a,:path,/",
                "PSEUDO_MISSING! :method,CONNECT",
                "PSEUDO_UNKNOWN! :method,CONNECT,:authority,a:1,:path,/",
                "PSEUDO_UNKNOWN! :method,GET,:scheme,http,:authority,a,:path,/,:status,200",
                "PSEUDO_UNKNOWN! :method,GET,:scheme,http,:authority,a,:path,/,:protocol,websocket",
                "PROTOCOL_UNKNOWN! :method,CONNECT,:scheme,http,:authority,a,:path,/,:protocol,mqtt",
                "PSEUDO_REPEATED! :method,GET,:method,GET,:scheme,http,:authority,a,:path,/",
                "PSEUDO_REPEATED! :method,GET,:scheme,http,:authority,a,:path,/,:authority,b",
                "PSEUDO_MISSING! :method,GET,:scheme,http,:authority,a,x,y,:path,/",
                "PSEUDO_MISPLACED! :method,GET,:scheme,http,:authority,a,:path,/,x,y,:authority,b",
                "PSEUDO_INVALID! :method,GET,:scheme,ftp,:authority,a,:path,/",
                "PSEUDO_INVALID! :method,GET,:scheme,http,:authority,a,:path,x",
                "PSEUDO_INVALID! :method,GET,:scheme,http,:authority,a,:path,*",
                "PSEUDO_INVALID! :method,GET,:scheme,http,:authority,a,:path,http://b/",
                "PSEUDO_INVALID! :method,GET,:scheme,http,:authority,a,:path,/ HTTP/1.1",
                "PSEUDO_INVALID! :method,GET /x,:scheme,http,:authority,a,:path,/",
                "METHOD_INVALID! :method,G(T,:scheme,http,:authority,a,:path,/",
                "HOST_INVALID! :method,GET,:scheme,http,:authority,u@a,:path,/",
                "HOST_MISSING! :method,GET,:scheme,http,:path,/",
                "HOST_REPEATED! :method,GET,:scheme,http,:path,/,host,a,host,a",
                "TARGET_INVALID! :method,GET,:scheme,http,:authority,a,:path,/#x",
                "AUTHORITY_MISMATCH! :method,GET,:scheme,http,:authority,a,:path,/,host,b",
                "FIELD_NAME_INVALID! :method,GET,:scheme,http,:authority,a,:path,/,X,y",
                "FIELD_NAME_INVALID! :method,GET,:scheme,http,:authority,a,:path,/,x:y,z",
                "FIELD_NAME_INVALID! :method,GET,:scheme,http,:authority,a,:path,/,x y,z",
                "CONNECTION_FIELD! :method,GET,:scheme,http,:authority,a,:path,/,connection,close",
                "CONNECTION_FIELD! :method,GET,:scheme,http,:authority,a,:path,/,transfer-encoding,chunked",
                "CONNECTION_FIELD! :method,GET,:scheme,http,:authority,a,:path,/,upgrade,h2c",
                "CONNECTION_FIELD! :method,GET,:scheme,http,:authority,a,:path,/,keep-alive,x",
                "CONNECTION_FIELD! :method,GET,:scheme,http,:authority,a,:path,/,proxy-connection,x",
                "TE_INVALID! :method,GET,:scheme,http,:authority,a,:path,/,te,gzip",
                "LENGTH_MISMATCH! :method,GET,:scheme,http,:authority,a,:path,/,content-length,1",
                "LENGTH_INVALID! :method,GET,:scheme,http,:authority,a,:path,/,content-length,+1",
                "LENGTH_REPEATED! :method,GET,:scheme,http,:authority,a,:path,/,content-length,0,content-length,0"
            })
    void request_breaksARule_isRefused(Violation violation, String fields) {
        assertRefused(violation, true, fields.trim().split(","));
    }

    @Test
    void request_lineEndInAValue_isRefused() {
        assertRefused(Violation.FIELD_VALUE_INVALID, true, plain("x", "a\r\ny: b"));
        assertRefused(Violation.FIELD_VALUE_INVALID, true, plain("x", "a\n"));
        assertRefused(Violation.FIELD_VALUE_INVALID, true, plain("x", "a\0b"));
        assertRefused(Violation.FIELD_VALUE_INVALID, true, plain("x", " a"));
        assertRefused(Violation.FIELD_VALUE_INVALID, true, plain("x", "a\t"));
        assertRefused(Violation.FIELD_VALUE_INVALID, true, plain("cookie", "a\r\n"));
        assertRefused(Violation.VALUE_INVALID, true, plain("x", "a\u0001b"));
        assertRefused(Violation.PSEUDO_INVALID, true, ":method", "GET", ":scheme", "http", ":path", "/\r\nx: y");
    }

    @Test
    void request_nameWithColonOrNothing_isRefused() {
        assertRefused(Violation.FIELD_NAME_INVALID, true, plain("", "a"));
        assertRefused(Violation.PSEUDO_UNKNOWN, true, plain(":x", "a"));
    }

    @Test
    void request_tooLarge_isRefused() {
        assertRefused(Violation.SECTION_TOO_LARGE, true, plain("x", "y".repeat(4096)));
        assertRefused(Violation.SECTION_TOO_LARGE, true, plain("x", "y".repeat(9000)));
        assertRefused(
                Violation.LINE_TOO_LONG,
                true,
                ":method",
                "GET",
                ":scheme",
                "http",
                ":authority",
                "a",
                ":path",
                "/" + "y".repeat(1500));
    }

    @Test
    void request_anyFields_isRefusedOrHasExactlyThose() {
        long seed = Long.getLong("seed", 20_261_122);
        for (int i = 0; i < 50_000; i++) {
            Random random = new Random(seed + i);
            String name = nasty(random, "x-field");
            String value = nasty(random, "some value");
            String path = nasty(random, "/path?q");
            try {
                RequestHead head = request(
                        true,
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":authority",
                        "a",
                        ":path",
                        path,
                        name,
                        value,
                        "z",
                        "1");
                assertThat(lines(head.headers()))
                        .as("repeat with -Dseed=%d", seed + i)
                        .isEqualTo(
                                name.equals("cookie")
                                        ? "host=a|z=1|cookie=" + value + "|"
                                        : "host=a|" + name + "=" + value + "|z=1|");
                assertThat(span(head.bytes(), head.targetStart(), head.targetEnd()))
                        .isEqualTo(path);
            } catch (ProtocolViolation refused) {
                assertThat(refused.violation()).isNotNull();
            }
        }
    }

    private static String nasty(Random random, String text) {
        String bytes = "\0\t\n\r :;=?#@/aA_\u007f\u0080\u00ff";
        StringBuilder changed = new StringBuilder(text);
        for (int i = random.nextInt(3); i > 0; i--) {
            char c = bytes.charAt(random.nextInt(bytes.length()));
            changed.insert(random.nextInt(changed.length() + 1), c);
        }
        return changed.toString();
    }

    @Test
    void response_hasTheUsualReasonPhrase() {
        ResponseHead head = response(true, ":status", "404");
        assertThat(new String(
                        head.bytes(),
                        head.reasonStart(),
                        head.reasonEnd() - head.reasonStart(),
                        StandardCharsets.US_ASCII))
                .isEqualTo("Not Found");
    }

    @Test
    void response_final_hasFramingOfItsForm() {
        assertThat(response(false, ":status", "200").framing(false)).isEqualTo(BodyFraming.CHUNKED);
        assertThat(response(false, ":status", "200", "content-length", "3").framing(false))
                .isEqualTo(BodyFraming.LENGTH);
        assertThat(response(true, ":status", "204").framing(false)).isEqualTo(BodyFraming.NONE);
        assertThat(response(true, ":status", "304", "etag", "x").status()).isEqualTo(304);
        assertThat(lines(response(true, ":status", "200", "a", "b").headers())).isEqualTo("a=b|");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '!',
            value = {
                "PSEUDO_MISSING! a,b",
                "PSEUDO_UNKNOWN! :path,/",
                "PSEUDO_REPEATED! :status,200,:status,200",
                "PSEUDO_MISPLACED! :status,200,:path,/",
                "PSEUDO_INVALID! :status,101",
                "PSEUDO_INVALID! :status,20",
                "PSEUDO_INVALID! :status,2x0",
                "CONNECTION_FIELD! :status,200,transfer-encoding,chunked",
                "FIELD_NAME_INVALID! :status,200,Etag,x"
            })
    void response_breaksARule_isRefused(Violation violation, String fields) {
        assertThatExceptionOfType(ProtocolViolation.class)
                .isThrownBy(() -> response(true, fields.trim().split(",")))
                .satisfies(refused -> assertThat(refused.violation()).isEqualTo(violation));
    }

    @Test
    void trailers_ofFields_areThose() {
        Headers trailers = heads.trailers(block("grpc-status", "0", "grpc-message", ""), LIMITS);

        assertThat(lines(trailers)).isEqualTo("grpc-status=0|grpc-message=|");
    }

    @Test
    void trailers_withPseudoField_areRefused() {
        assertThatExceptionOfType(ProtocolViolation.class)
                .isThrownBy(() -> heads.trailers(block(":status", "200"), LIMITS))
                .satisfies(refused -> assertThat(refused.violation()).isEqualTo(Violation.PSEUDO_MISPLACED));
    }
}
