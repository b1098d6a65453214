package dev.weir.http2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.http.ByteSink;
import dev.weir.http.Field;
import dev.weir.http.HeadLimits;
import dev.weir.http.RequestHead;
import dev.weir.http.ResponseHead;
import io.netty.buffer.Unpooled;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OutgoingHeadsTest {
    private static final HeadLimits LIMITS = new HeadLimits(4096, 65536, 100);
    private static final AsciiString HTTPS = AsciiString.cached("https");
    private static final AsciiString OTHERWISE = AsciiString.cached("server:80");

    private final OutgoingHeads heads = new OutgoingHeads();

    private static ResponseHead response(String text) {
        ResponseHead head = new ResponseHead();
        assertThat(head.read(Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1), LIMITS))
                .isTrue();
        return head;
    }

    private static RequestHead request(String text) {
        RequestHead head = new RequestHead();
        assertThat(head.read(Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1), LIMITS))
                .isTrue();
        return head;
    }

    private static String text(FieldList list) {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<CharSequence, CharSequence> field : list) {
            text.append(field.getKey()).append('=').append(field.getValue()).append('|');
        }
        return text.toString();
    }

    private String sent(String request) {
        return text(heads.request(request(request), 0, new ByteSink(), HTTPS, OTHERWISE));
    }

    @Test
    void response_fieldsOfTheConnection_areLeftOut() {
        ResponseHead head =
                response("HTTP/1.1 404 Not Found\r\nContent-Type: a\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\n"
                        + "Keep-Alive: timeout=5\r\nTransfer-Encoding: chunked\r\nETag: \"B\"\r\n\r\n");

        assertThat(text(heads.response(head, 0))).isEqualTo(":status=404|content-type=a|etag=\"B\"|");
    }

    @Test
    void response_dropMask_leavesOutMore() {
        ResponseHead head = response("HTTP/1.1 204 \r\nContent-Length: 0\r\nServer: x\r\n\r\n");

        assertThat(text(heads.response(head, Field.CONTENT_LENGTH.mask))).isEqualTo(":status=204|server=x|");
    }

    @Test
    void lines_added_comeLast() {
        heads.response(response("HTTP/1.1 200 \r\n\r\n"), 0);
        byte[] lines = "Date: now\r\nVia: 1.1 weir\r\n".getBytes(StandardCharsets.US_ASCII);
        heads.lines(lines, lines.length);
        byte[] again = "X: \r\n".getBytes(StandardCharsets.US_ASCII);
        heads.lines(again, again.length);

        assertThat(text(heads.response(response("HTTP/1.1 200 \r\n\r\n"), 0))).isEqualTo(":status=200|");
    }

    @Test
    void tunnelResponse_of101_is200() {
        ResponseHead head = response("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: chat\r\n\r\n");

        assertThat(text(heads.tunnelResponse(head))).isEqualTo(":status=200|sec-websocket-protocol=chat|");
    }

    @Test
    void request_formsOfTarget_becomePseudoFields() {
        assertThat(sent("GET /x?y HTTP/1.1\r\nHost: a:1\r\nAccept: b\r\nTE: trailers, gzip\r\nConnection: TE\r\n\r\n"))
                .isEqualTo(":method=GET|:scheme=https|:authority=a:1|:path=/x?y|te=trailers|accept=b|");
        assertThat(sent("POST http://b HTTP/1.1\r\nHost: a\r\n\r\n"))
                .isEqualTo(":method=POST|:scheme=https|:authority=b|:path=/|");
        assertThat(sent("GET http://b?q HTTP/1.1\r\nHost: a\r\n\r\n")).contains(":path=/?q|");
        assertThat(sent("OPTIONS http://b HTTP/1.1\r\nHost: a\r\n\r\n")).contains(":path=*|");
        assertThat(sent("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")).contains(":path=*|");
        assertThat(sent("GET / HTTP/1.0\r\n\r\n")).contains(":authority=server:80|");
    }

    @Test
    void request_upgrade_becomesExtendedConnect() {
        assertThat(sent("GET /c HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        + "Sec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\n\r\n"))
                .isEqualTo(":method=CONNECT|:protocol=websocket|:scheme=https|:authority=a|:path=/c|"
                        + "sec-websocket-version=13|");
    }

    @Test
    void trailers_thatMayNotBeSent_areLeftOut() {
        RequestHead fields = request("GET / HTTP/1.1\r\nHost: a\r\nGrpc-Status: 0\r\nContent-Length: 1\r\n\r\n");

        assertThat(text(heads.trailers(fields.headers()))).isEqualTo("grpc-status=0|");
    }

    @Test
    void request_thereAndBack_isTheSame() {
        long seed = Long.getLong("seed", 20_261_122);
        IncomingHeads incoming = new IncomingHeads();
        RequestHead back = new RequestHead();
        for (int i = 0; i < 20_000; i++) {
            Random random = new Random(seed + i);
            StringBuilder head = new StringBuilder("GET /" + word(random) + " HTTP/1.1\r\nhost: a\r\n");
            for (int n = random.nextInt(8); n > 0; n--) {
                head.append("x-")
                        .append(word(random))
                        .append(": ")
                        .append(word(random))
                        .append("\r\n");
            }
            RequestHead there = request(head + "\r\n");

            incoming.request(heads.request(there, 0, new ByteSink(), HTTPS, OTHERWISE), true, back, LIMITS);

            assertThat(whole(back)).as("repeat with -Dseed=%d", seed + i).isEqualTo(whole(there));
        }
    }

    private static String whole(RequestHead head) {
        int end = head.headers().lineEnd(head.headers().size() - 1);
        return new String(head.bytes(), 0, end, StandardCharsets.ISO_8859_1);
    }

    private static String word(Random random) {
        StringBuilder word = new StringBuilder();
        for (int n = 1 + random.nextInt(70); n > 0; n--) {
            word.append((char) ('a' + random.nextInt(26)));
        }
        return word.toString();
    }
}
