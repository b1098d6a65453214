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
 * and one or two sentences as text. A gRPC call is answered as its client expects it ({@link Grpc}): status and sentences
 * are fields of a head without content. Confined to its loop.
 */
final class ErrorResponse {
    private final ResponseHead head = new ResponseHead();
    private final ByteSink lines = new ByteSink();

    /** The status code of the answer to this request. */
    static int status(RequestHead request, Cause cause) {
        return Grpc.isCall(request) ? Grpc.HTTP_STATUS : cause.status();
    }

    /**
     * Sends the whole answer.
     *
     * @param detail what is wrong in particular, a sentence or empty; of a redirect, where to; of a challenge, its answer
     * @return the bytes of content
     */
    long send(RequestHead request, Cause cause, String detail, boolean keepOpen, ClientStream client) {
        if (Grpc.isCall(request)) {
            sendToCall(request, cause, detail, keepOpen, client);
            return 0;
        }
        byte[] body = text(cause, detail);
        head.reset();
        head.make(cause.status(), fields(cause, detail, body.length));
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

    /** What gRPC calls Trailers-Only; over HTTP/1, where it is at home with gRPC-Web only, an answer of length 0. */
    private void sendToCall(RequestHead request, Cause cause, String detail, boolean keepOpen, ClientStream client) {
        lines.clear();
        lines.putAscii("Content-Type: ");
        Grpc.putMediaType(request.headers(), lines);
        lines.putAscii("\r\nContent-Length: 0\r\n");
        putProxyStatus(cause);
        lines.putAscii("grpc-status: ").putDecimal(Grpc.status(cause));
        lines.putAscii("\r\ngrpc-message: ");
        Grpc.putMessage(cause.id() + ": " + cause.text() + (detail.isEmpty() ? "" : " " + detail), lines);
        lines.putAscii("\r\n");
        head.make(Grpc.HTTP_STATUS, Arrays.copyOf(lines.array(), lines.length()));
        client.sendHead(head, BodyFraming.NONE, keepOpen);
        client.sendEnd(Headers.EMPTY);
    }

    private byte[] fields(Cause cause, String detail, int length) {
        lines.clear();
        lines.putAscii("Content-Type: text/plain; charset=utf-8\r\nContent-Length: ")
                .putDecimal(length);
        lines.putAscii("\r\n");
        if (cause == Cause.ACME_CHALLENGE) {
            return Arrays.copyOf(lines.array(), lines.length()); // no error
        }
        putProxyStatus(cause);
        if (temporary(cause)) {
            lines.putAscii("Retry-After: 1\r\n");
        }
        if (cause == Cause.HTTPS_REDIRECT) {
            lines.putAscii("Location: ").putAscii(detail).putAscii("\r\n");
        }
        if (cause == Cause.METHOD_REFUSED) {
            lines.putAscii("Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE\r\n");
        }
        return Arrays.copyOf(lines.array(), lines.length());
    }

    /** Whether the same request may well be served a second later. */
    private static boolean temporary(Cause cause) {
        return switch (cause) {
            case NO_SERVER, QUEUE_FULL, QUEUE_TIMEOUT -> true;
            default -> false;
        };
    }

    private void putProxyStatus(Cause cause) {
        lines.putAscii("Proxy-Status: weir; error=").putAscii(cause.proxyStatusError());
        lines.putAscii("; details=\"").putAscii(cause.id()).putAscii("\"\r\n");
    }

    private static byte[] text(Cause cause, String detail) {
        if (cause == Cause.ACME_CHALLENGE) {
            return detail.getBytes(StandardCharsets.ISO_8859_1);
        }
        String particular = detail.isEmpty() ? "" : detail + "\n";
        return (cause.status() + " " + cause.id() + ": " + cause.text() + "\n" + particular)
                .getBytes(StandardCharsets.UTF_8);
    }
}
