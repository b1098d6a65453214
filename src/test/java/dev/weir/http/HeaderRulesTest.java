package dev.weir.http;

import static dev.weir.http.Reading.LIMITS;
import static dev.weir.http.Reading.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HeaderRulesTest {
    private static Headers fields(String lines) {
        RequestHead head = new RequestHead();
        assertThat(head.read(Reading.buffer(bytes("GET / HTTP/1.0\r\n" + lines + "\r\n")), LIMITS))
                .isTrue();
        return head.headers();
    }

    private static String lines(String... lines) {
        return String.join("\r\n", lines) + "\r\n";
    }

    private static String copied(long dropMask, String lines) {
        ByteSink to = new ByteSink();
        HeaderRules.copyFields(fields(lines), dropMask, to);
        return Reading.text(to.array(), 0, to.length());
    }

    @Test
    void copyFields_nothingToDrop_copiesLinesAsTheyAre() {
        String lines = "Host: a\r\nX:b \r\nx: \tc\r\n";

        assertThat(copied(HeaderRules.HOP_BY_HOP, lines)).isEqualTo(lines);
    }

    @Test
    void copyFields_noFields_copiesNothing() {
        assertThat(copied(HeaderRules.HOP_BY_HOP, "")).isEmpty();
    }

    @Test
    void copyFields_hopByHop_areLeftOut() {
        String lines = lines(
                "A: 1",
                "Keep-Alive: timeout=1",
                "B: 2",
                "TE: trailers",
                "Proxy-Connection: x",
                "Trailer: y",
                "HTTP2-Settings: z",
                "Upgrade: u",
                "C: 3",
                "Connection: close");

        assertThat(copied(HeaderRules.HOP_BY_HOP, lines)).isEqualTo("A: 1\r\nB: 2\r\nC: 3\r\n");
    }

    @Test
    void copyFields_connectionNamesFields_areLeftOut() {
        String lines =
                "A: 1\r\nConnection: b, x-c ,,\r\nB: 2\r\nX-C: 3\r\nX-CC: 4\r\nCookie: 5\r\nConnection: cookie\r\n";

        assertThat(copied(HeaderRules.HOP_BY_HOP, lines)).isEqualTo("A: 1\r\nX-CC: 4\r\n");
    }

    @Test
    void copyFields_connectionNamesFramingOrRouting_areKept() {
        String kept = "Host: a\r\nContent-Length: 1\r\nX-Forwarded-For: b\r\nForwarded: for=b\r\n";

        assertThat(copied(
                        HeaderRules.HOP_BY_HOP,
                        kept + "Connection: host, content-length, x-forwarded-for, forwarded, close\r\n"))
                .isEqualTo(kept);
    }

    @Test
    void copyFields_dropMask_appliesToFramingToo() {
        assertThat(copied(Field.HOST.mask | Field.CONTENT_LENGTH.mask, "Host: a\r\nContent-Length: 1\r\nB: 2\r\n"))
                .isEqualTo("B: 2\r\n");
    }

    @Test
    void copyTrailers_framingRoutingAndCredentials_areLeftOut() {
        BodyReader body = new BodyReader();
        body.start(BodyFraming.CHUNKED, 0, LIMITS);
        String trailers = lines(
                "X-Sum: 1",
                "Content-Length: 5",
                "Host: b",
                "Transfer-Encoding: chunked",
                "Connection: x",
                "X-Forwarded-For: c",
                "Cookie: d",
                "Authorization: e",
                "grpc-status: 0");
        assertThat(body.next(Reading.buffer(bytes("0\r\n" + trailers + "\r\n"))))
                .isZero();
        ByteSink to = new ByteSink();

        HeaderRules.copyTrailers(body.trailers(), to);

        assertThat(Reading.text(to.array(), 0, to.length())).isEqualTo("X-Sum: 1\r\ngrpc-status: 0\r\n");
    }
}
