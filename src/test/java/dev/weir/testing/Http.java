package dev.weir.testing;

import java.io.IOException;
import java.io.InputStream;

/** As much of HTTP as tests under load need, over buffered streams. */
public final class Http {
    private Http() {}

    /** All up to and with the next empty line; shorter only if the peer ends. */
    public static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder(256);
        int matched = 0;
        int next;
        while (matched < 4 && (next = in.read()) >= 0) {
            head.append((char) next);
            matched = next == "\r\n\r\n".charAt(matched) ? matched + 1 : next == '\r' ? 1 : 0;
        }
        return head.toString();
    }

    /** 0 when there is no Content-Length. */
    public static int contentLength(String head) {
        String length = RawClient.header(head, "content-length");
        return length == null ? 0 : Integer.parseInt(length);
    }
}
