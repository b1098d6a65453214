package dev.weir.http;

import io.netty.buffer.ByteBuf;

/**
 * Finds the content of one message body in the buffers it arrives in (RFC 9112 sections 6 and 7), without copying it:
 *
 * <pre>{@code
 * while ((count = body.next(in)) > 0) { pass on in.readRetainedSlice(count) }
 * if (body.complete()) …
 * }</pre>
 *
 * Reused from body to body; confined to the event loop of its connection.
 */
public final class BodyReader {
    private enum State {
        /** Content of a known length, or a chunk's data. */
        DATA,
        /** Content up to the end of the connection. */
        DATA_UNTIL_CLOSE,
        CHUNK_LINE,
        CHUNK_CR,
        CHUNK_LF,
        TRAILERS,
        COMPLETE
    }

    private final ChunkLine chunkLine = new ChunkLine();
    private final HeadBuffer trailerBuffer = new HeadBuffer();
    private final FieldParser trailers = new FieldParser();
    private State state = State.COMPLETE;
    private BodyFraming framing = BodyFraming.NONE;
    private HeadLimits trailerLimits = new HeadLimits(0, 0, 0);
    private long remaining;
    private long received;

    /**
     * Begins a body.
     *
     * @param length the content's bytes with {@link BodyFraming#LENGTH}, without meaning otherwise
     * @param limits of the trailer section; its line limit has no meaning here
     */
    public void start(BodyFraming framing, long length, HeadLimits limits) {
        if (framing == BodyFraming.LENGTH && length < 0) {
            throw new IllegalArgumentException("length: " + length + " (expected: >= 0)");
        }
        this.framing = framing;
        trailerLimits = limits;
        received = 0;
        remaining = framing == BodyFraming.LENGTH ? length : 0;
        trailerBuffer.clear();
        trailers.start(0);
        chunkLine.startBody();
        state = switch (framing) {
            case NONE -> State.COMPLETE;
            case LENGTH -> length == 0 ? State.COMPLETE : State.DATA;
            case CHUNKED -> State.CHUNK_LINE;
            case UNTIL_CLOSE -> State.DATA_UNTIL_CLOSE;
        };
    }

    /**
     * Skips the framing bytes at the reader index and returns how many bytes of content lie there now. The caller
     * consumes exactly those before it calls again. 0 means that the body is complete or that more input is needed.
     *
     * @throws ProtocolViolation if the chunked framing is malformed; the connection cannot be read further
     */
    public int next(ByteBuf in) {
        while (true) {
            switch (state) {
                case DATA -> {
                    return content(in);
                }
                case DATA_UNTIL_CLOSE -> {
                    received += in.readableBytes();
                    return in.readableBytes();
                }
                case COMPLETE -> {
                    return 0;
                }
                case CHUNK_LINE, CHUNK_CR, CHUNK_LF, TRAILERS -> {
                    if (!in.isReadable() || !readFraming(in)) {
                        return 0;
                    }
                }
            }
        }
    }

    private int content(ByteBuf in) {
        int count = (int) Math.min(in.readableBytes(), remaining);
        remaining -= count;
        received += count;
        if (remaining == 0) {
            state = framing == BodyFraming.CHUNKED ? State.CHUNK_CR : State.COMPLETE;
        }
        return count;
    }

    /** Reads the framing that is due; false when it goes on in the next buffer. */
    private boolean readFraming(ByteBuf in) {
        switch (state) {
            case CHUNK_LINE -> {
                return readChunkLine(in);
            }
            case CHUNK_CR -> {
                expect(in, Octets.CR);
                state = State.CHUNK_LF;
            }
            case CHUNK_LF -> {
                expect(in, Octets.LF);
                state = State.CHUNK_LINE;
            }
            case TRAILERS -> {
                return readTrailers(in);
            }
            case DATA, DATA_UNTIL_CLOSE, COMPLETE -> throw new IllegalStateException("state: " + state);
        }
        return true;
    }

    private boolean readChunkLine(ByteBuf in) {
        if (!chunkLine.read(in)) {
            return false;
        }
        remaining = chunkLine.size();
        chunkLine.startChunk();
        state = remaining == 0 ? State.TRAILERS : State.DATA;
        return true;
    }

    private boolean readTrailers(ByteBuf in) {
        while (in.isReadable()) {
            trailerBuffer.fill(in);
            if (trailers.read(trailerBuffer.bytes(), trailerBuffer.length(), trailerLimits)) {
                trailerBuffer.giveBack(in, trailers.end());
                state = State.COMPLETE;
                return true;
            }
        }
        return false;
    }

    private static void expect(ByteBuf in, byte octet) {
        if (in.readByte() != octet) {
            throw ProtocolViolation.of(Violation.CHUNK_END_MISSING);
        }
    }

    /** Whether the whole body and, if it is chunked, its trailers have come. */
    public boolean complete() {
        return state == State.COMPLETE;
    }

    /** The trailers of a complete chunked body, valid until the next {@link #start}; none otherwise. */
    public Headers trailers() {
        return trailers.headers();
    }

    /** Bytes of content so far, without framing. */
    public long received() {
        return received;
    }

    /** The peer has closed: a body that lasts until then is complete. */
    public void end() {
        if (state == State.DATA_UNTIL_CLOSE) {
            state = State.COMPLETE;
        }
    }

    /** Whether the body would be incomplete if the peer closed now. */
    public boolean cutShort() {
        return state != State.COMPLETE && state != State.DATA_UNTIL_CLOSE;
    }
}
