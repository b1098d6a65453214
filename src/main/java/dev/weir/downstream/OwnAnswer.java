package dev.weir.downstream;

import dev.weir.observe.Cause;
import java.nio.charset.StandardCharsets;

/** What is answered to a client with whom no exchange begins: whole responses in HTTP/1.1, after which it closes. */
final class OwnAnswer {
    private OwnAnswer() {}

    static byte[] of(Cause cause) {
        String text = cause.status() + " " + cause.id() + ": " + cause.text() + "\n";
        return ("HTTP/1.1 " + cause.status() + " " + (cause.status() < 500 ? "Bad Request" : "Service Unavailable")
                        + "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: " + text.length()
                        + "\r\nConnection: close\r\nProxy-Status: weir; error=" + cause.proxyStatusError()
                        + "; details=\"" + cause.id() + "\"\r\n\r\n" + text)
                .getBytes(StandardCharsets.US_ASCII);
    }
}
