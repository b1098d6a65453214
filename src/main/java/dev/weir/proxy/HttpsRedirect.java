package dev.weir.proxy;

import dev.weir.http.RequestHead;
import java.nio.charset.StandardCharsets;

/** Where a request in the clear is sent to. */
final class HttpsRedirect {
    private static final int DEFAULT_PORT = 443;

    private HttpsRedirect() {}

    /** The same host, path and query by https at this port; empty when the request names no host. */
    static String location(RequestHead request, int port) {
        if (!request.hasHost()) {
            return "";
        }
        StringBuilder location = new StringBuilder("https://");
        location.append(text(request, request.hostStart(), request.hostNameEnd()));
        if (port != DEFAULT_PORT) {
            location.append(':').append(port);
        }
        return switch (request.form()) {
            case ORIGIN, ABSOLUTE -> {
                String target = text(request, request.pathStart(), request.targetEnd());
                yield location.append(target.startsWith("/") ? "" : "/")
                        .append(target)
                        .toString();
            }
            case AUTHORITY, ASTERISK -> location.append('/').toString();
        };
    }

    private static String text(RequestHead request, int start, int end) {
        return new String(request.bytes(), start, end - start, StandardCharsets.ISO_8859_1);
    }
}
