package dev.weir.http;

/** How the end of a message body is found (RFC 9112 section 6.3). */
public enum BodyFraming {
    /** There is no body. */
    NONE,
    /** As many bytes as Content-Length says, which may be 0. */
    LENGTH,
    /** Chunks up to the last one, then trailers. */
    CHUNKED,
    /** Up to the end of the connection: responses only. */
    UNTIL_CLOSE
}
