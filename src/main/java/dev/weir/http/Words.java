package dev.weir.http;

import java.nio.charset.StandardCharsets;

/** The words that values are compared with, in lower case. */
final class Words {
    static final byte[] CHUNKED = ascii("chunked");
    static final byte[] CLOSE = ascii("close");
    static final byte[] CONTINUE = ascii("100-continue");
    static final byte[] H2C = ascii("h2c");
    static final byte[] HTTP = ascii("http");
    static final byte[] HTTPS = ascii("https");
    static final byte[] KEEP_ALIVE = ascii("keep-alive");
    static final byte[] UPGRADE = ascii("upgrade");

    private Words() {}

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
