package dev.weir.http2;

import io.netty.util.AsciiString;

/** The names of pseudo-header fields (RFC 9113 section 8.3, RFC 8441 section 4). */
final class Pseudo {
    static final AsciiString METHOD = AsciiString.cached(":method");
    static final AsciiString SCHEME = AsciiString.cached(":scheme");
    static final AsciiString AUTHORITY = AsciiString.cached(":authority");
    static final AsciiString PATH = AsciiString.cached(":path");
    static final AsciiString PROTOCOL = AsciiString.cached(":protocol");
    static final AsciiString STATUS = AsciiString.cached(":status");

    private Pseudo() {}
}
