package dev.weir.http;

import java.nio.charset.StandardCharsets;

/** The lines around content that is sent in chunks (RFC 9112 section 7.1): {@link #begin}, the content, {@link #END}. */
public final class Chunks {
    /** Behind the content of each chunk. */
    public static final byte[] END = "\r\n".getBytes(StandardCharsets.US_ASCII);

    private static final byte[] LAST = "0\r\n".getBytes(StandardCharsets.US_ASCII);

    private Chunks() {}

    /** Writes, in place of what is in {@code to}, what stands before the content of a chunk of this length. */
    public static void begin(int length, ByteSink to) {
        to.clear();
        to.putHex(length).put(END);
    }

    /** Writes, in place of what is in {@code to}, the last chunk, which is empty, and the trailers that may be passed on. */
    public static void last(Headers trailers, ByteSink to) {
        to.clear();
        to.put(LAST);
        if (trailers.size() > 0) {
            HeaderRules.copyTrailers(trailers, to);
        }
        to.put(END);
    }
}
