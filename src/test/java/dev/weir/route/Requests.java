package dev.weir.route;

import dev.weir.http.HeadLimits;
import dev.weir.http.RequestHead;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/** Request heads for the tests of this package. */
final class Requests {
    private static final HeadLimits LIMITS = new HeadLimits(16_384, 32_768, 128);

    private Requests() {}

    static RequestHead get(String host, String target) {
        return of("GET", target, host);
    }

    /** A request of HTTP/1.1 with these header lines behind Host. */
    static RequestHead of(String method, String target, String host, String... headers) {
        String lines = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
        return parse("%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n".formatted(method, target, host, lines));
    }

    static RequestHead parse(String text) {
        RequestHead head = new RequestHead();
        if (!head.read(Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8)), LIMITS)) {
            throw new AssertionError("incomplete: " + text);
        }
        return head;
    }
}
