package dev.weir.http;

import io.netty.buffer.ByteBuf;

/**
 * Parses {@code size *( ";" name [ "=" value ] ) CRLF} before the data of a chunk (RFC 9112 section 7.1), byte by
 * byte, and drops the extensions. White space is not allowed outside of quoted values, and nothing but ASCII inside.
 */
final class ChunkLine {
    private static final int MAX_EXTENSION_BYTES = 4 * 1024;
    private static final long MAX_SIZE = 1L << 62;
    private static final int MAX_DIGITS = 16;

    private enum State {
        SIZE,
        NAME_START,
        NAME,
        VALUE_START,
        VALUE,
        QUOTED,
        ESCAPED,
        QUOTE_CLOSED,
        LINE_FEED
    }

    private State state = State.SIZE;
    private long size;
    private int digits;
    private int extensionBytes;

    /** A new body: its extensions are counted together. */
    void startBody() {
        extensionBytes = 0;
        startChunk();
    }

    void startChunk() {
        state = State.SIZE;
        size = 0;
        digits = 0;
    }

    /** The size of the chunk whose line is complete. */
    long size() {
        return size;
    }

    /** Reads on; true when the line is complete, and the input has been consumed exactly to its end. */
    boolean read(ByteBuf in) {
        while (in.isReadable()) {
            byte octet = in.readByte();
            if (state == State.SIZE) {
                state = afterSizeByte(octet);
            } else if (state == State.LINE_FEED) {
                if (octet != Octets.LF) {
                    throw ProtocolViolation.of(Violation.BARE_CR);
                }
                return true;
            } else {
                state = afterExtensionByte(octet);
            }
        }
        return false;
    }

    private State afterSizeByte(byte octet) {
        int digit = Octets.hexDigit(octet);
        if (digit >= 0) {
            size = (size << 4) | digit;
            if (++digits > MAX_DIGITS || size < 0 || size > MAX_SIZE) {
                throw ProtocolViolation.of(Violation.CHUNK_SIZE_OVERFLOW);
            }
            return State.SIZE;
        }
        if (digits == 0) {
            throw ProtocolViolation.of(Violation.CHUNK_SIZE_INVALID);
        }
        return behindPart(octet, Violation.CHUNK_SIZE_INVALID);
    }

    private State afterExtensionByte(byte octet) {
        if (++extensionBytes > MAX_EXTENSION_BYTES) {
            throw ProtocolViolation.of(Violation.CHUNK_EXTENSIONS_TOO_LARGE);
        }
        return switch (state) {
            case NAME_START -> token(octet, State.NAME);
            case NAME -> octet == '=' ? State.VALUE_START : tokenOrEnd(octet, State.NAME);
            case VALUE_START -> octet == '"' ? State.QUOTED : token(octet, State.VALUE);
            case VALUE -> tokenOrEnd(octet, State.VALUE);
            case QUOTED -> afterQuotedByte(octet);
            case ESCAPED -> text(octet);
            case QUOTE_CLOSED -> behindPart(octet, Violation.CHUNK_EXTENSION_INVALID);
            case SIZE, LINE_FEED -> throw new IllegalStateException("state: " + state);
        };
    }

    private static State afterQuotedByte(byte octet) {
        return switch (octet) {
            case '"' -> State.QUOTE_CLOSED;
            case '\\' -> State.ESCAPED;
            default -> text(octet);
        };
    }

    private static State text(byte octet) {
        boolean allowed = (octet >= Octets.SP && octet != 0x7F) || octet == Octets.HTAB;
        return allowed ? State.QUOTED : refuse(octet, Violation.CHUNK_EXTENSION_INVALID);
    }

    private static State token(byte octet, State then) {
        return Octets.isToken(octet) ? then : refuse(octet, Violation.CHUNK_EXTENSION_INVALID);
    }

    private static State tokenOrEnd(byte octet, State same) {
        return Octets.isToken(octet) ? same : behindPart(octet, Violation.CHUNK_EXTENSION_INVALID);
    }

    private static State behindPart(byte octet, Violation otherwise) {
        return switch (octet) {
            case ';' -> State.NAME_START;
            case Octets.CR -> State.LINE_FEED;
            default -> refuse(octet, otherwise);
        };
    }

    private static State refuse(byte octet, Violation otherwise) {
        throw ProtocolViolation.of(octet == Octets.LF ? Violation.BARE_LF : otherwise);
    }
}
