package dev.weir.proxy;

import dev.weir.http.BodyFraming;
import dev.weir.http.ByteSink;
import dev.weir.http.Headers;
import dev.weir.http.Method;
import dev.weir.http.RequestHead;
import dev.weir.http.ResponseHead;
import dev.weir.observe.Cause;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The answers that Weir makes itself: the status of the cause, a {@code Proxy-Status} field (RFC 9209) that names it,
 * and one or two sentences as text. Confined to its loop.
 */
final class ErrorResponse {
    private final ResponseHead head = new ResponseHead();
    private final ByteSink lines = new ByteSink();

    /**
     * Sends the whole answer.
     *
     * @param detail what is wrong in particular, a sentence or empty
     * @return the bytes of content
     */
    long send(RequestHead request, Cause cause, String detail, boolean keepOpen, ClientStream client) {
        byte[] body = text(cause, detail);
        head.reset();
        head.make(cause.status(), fields(cause, body.length));
        boolean headOnly = request.method() == Method.HEAD;
        client.sendHead(head, headOnly ? BodyFraming.NONE : BodyFraming.LENGTH, keepOpen);
        if (!headOnly) {
            ByteBuf content = Unpooled.wrappedBuffer(body);
            client.sendData(content, body.length);
            content.release();
        }
        client.sendEnd(Headers.EMPTY);
        return headOnly ? 0 : body.length;
    }

    private byte[] fields(Cause cause, int length) {
        lines.clear();
        lines.putAscii("Content-Type: text/plain; charset=utf-8\r\nContent-Length: ")
                .putDecimal(length);
        lines.putAscii("\r\nProxy-Status: weir; error=").putAscii(cause.proxyStatusError());
        lines.putAscii("; details=\"").putAscii(cause.id()).putAscii("\"\r\n");
        if (cause == Cause.METHOD_REFUSED) {
            lines.putAscii("Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE\r\n");
        }
        return Arrays.copyOf(lines.array(), lines.length());
    }

    private static byte[] text(Cause cause, String detail) {
        String particular = detail.isEmpty() ? "" : detail + "\n";
        return (cause.status() + " " + cause.id() + ": " + cause.text() + "\n" + particular)
                .getBytes(StandardCharsets.UTF_8);
    }
}
