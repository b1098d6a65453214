package dev.weir.downstream;

import dev.weir.http.BodyFraming;
import dev.weir.http.ByteSink;
import dev.weir.http.Field;
import dev.weir.http.HeaderRules;
import dev.weir.http.ResponseHead;
import dev.weir.proxy.DateLine;
import java.nio.charset.StandardCharsets;

/** The bytes of a response as an HTTP/1 client wants them: status line, fields, framing. */
final class ResponseLines {
    private static final byte[] CRLF = ascii("\r\n");
    private static final byte[] VERSION = ascii("HTTP/1.1 ");
    private static final byte[] CHUNKED = ascii("Transfer-Encoding: chunked\r\n");
    private static final byte[] CLOSE = ascii("Connection: close\r\n");
    private static final byte[] KEEP_ALIVE = ascii("Connection: keep-alive\r\n");
    private static final byte[] UPGRADE = ascii("Connection: Upgrade\r\n");
    private static final byte[] VIA = ascii("Via: 1.1 weir\r\n");
    private static final long DROPPED = HeaderRules.HOP_BY_HOP & ~Field.TRAILER.mask;

    /** How the connection goes on, as the client is told. */
    enum Persistence {
        /** Nothing needs to be said. */
        OPEN,
        /** An HTTP/1.0 client that asked for it is told so. */
        SAY_KEEP_ALIVE,
        CLOSE
    }

    private ResponseLines() {}

    static void write(
            ResponseHead head,
            BodyFraming framing,
            Persistence persistence,
            DateLine date,
            String hsts,
            boolean via,
            ByteSink to) {
        start(head, to);
        // Before a server's own: clients take the first (RFC 6797 section 8.1).
        to.putAscii(hsts);
        // RFC 9112 section 6.2 and RFC 9110 section 8.6: a 204 has no length.
        HeaderRules.copyFields(
                head.headers(), head.status() == 204 ? DROPPED | Field.CONTENT_LENGTH.mask : DROPPED, to);
        if (!head.headers().has(Field.DATE)) {
            to.put(date.now());
        }
        if (via) {
            to.put(VIA);
        }
        if (framing == BodyFraming.CHUNKED) {
            to.put(CHUNKED);
        }
        switch (persistence) {
            case OPEN -> {}
            case SAY_KEEP_ALIVE -> to.put(KEEP_ALIVE);
            case CLOSE -> to.put(CLOSE);
        }
        to.put(CRLF);
    }

    static void writeInterim(ResponseHead head, ByteSink to) {
        start(head, to);
        HeaderRules.copyFields(head.headers(), DROPPED | Field.CONTENT_LENGTH.mask, to);
        to.put(CRLF);
    }

    /** 101: the one response that keeps Upgrade. */
    static void writeTunnel(ResponseHead head, boolean via, ByteSink to) {
        start(head, to);
        long dropped = (DROPPED | Field.CONTENT_LENGTH.mask) & ~Field.UPGRADE.mask;
        HeaderRules.copyFields(head.headers(), dropped, to);
        if (via) {
            to.put(VIA);
        }
        to.put(UPGRADE).put(CRLF);
    }

    private static void start(ResponseHead head, ByteSink to) {
        to.clear();
        to.put(VERSION).putDecimal(head.status()).put((byte) ' ');
        to.put(head.bytes(), head.reasonStart(), head.reasonEnd() - head.reasonStart())
                .put(CRLF);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
