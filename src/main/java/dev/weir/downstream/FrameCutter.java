package dev.weir.downstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http2.Http2FrameTypes;
import org.jspecify.annotations.Nullable;

/**
 * Cuts what an HTTP/2 connection brings into whole frames. What is incomplete waits here in a buffer of its own, of one
 * frame at most, so that nobody keeps the large buffer it was read into. Confined to the connection's loop.
 */
final class FrameCutter {
    /** What the codec takes unless it announces otherwise, which it does not. */
    static final int MAX_FRAME = 16_384;

    private static final int HEADER = 9;
    private static final int PADDED = 0x8;

    /** Sees the header of each frame before the frame is passed on. */
    interface Watch {
        /** {@code length}: of content without its padding. False when nothing more is to be read. */
        boolean frame(int type, int flags, int length);
    }

    private final ByteBufAllocator allocator;
    private final Watch watch;
    private @Nullable ByteBuf rest;
    private boolean ended;

    FrameCutter(ByteBufAllocator allocator, Watch watch) {
        this.allocator = allocator;
        this.watch = watch;
    }

    /** Whether a part of a frame waits for the rest. */
    boolean incomplete() {
        return rest != null;
    }

    /**
     * Takes the next whole frame off the input, or makes one whole by it. The result is the caller's to release; null when
     * there is none, and then all input has been consumed.
     */
    @Nullable ByteBuf next(ByteBuf in) {
        if (ended || !in.isReadable()) {
            in.skipBytes(in.readableBytes());
            return null;
        }
        if (rest != null) {
            return completed(in, rest);
        }
        int frame = in.readableBytes() < HEADER ? HEADER : HEADER + length(in, in.readerIndex());
        if (frame > HEADER + MAX_FRAME) {
            // For the codec to refuse.
            return in.readRetainedSlice(in.readableBytes());
        }
        if (in.readableBytes() < frame) {
            rest = allocator.buffer(frame).writeBytes(in);
            return null;
        }
        return seen(in, in.readerIndex()) ? in.readRetainedSlice(frame) : null;
    }

    private @Nullable ByteBuf completed(ByteBuf in, ByteBuf part) {
        if (part.readableBytes() < HEADER) {
            part.writeBytes(in, Math.min(HEADER - part.readableBytes(), in.readableBytes()));
            if (part.readableBytes() < HEADER) {
                return null;
            }
        }
        int frame = HEADER + length(part, 0);
        boolean tooLong = frame > HEADER + MAX_FRAME;
        if (!tooLong) {
            part.ensureWritable(frame - part.readableBytes());
            part.writeBytes(in, Math.min(frame - part.readableBytes(), in.readableBytes()));
            if (part.readableBytes() < frame) {
                return null;
            }
        }
        rest = null;
        if (seen(part, 0)) {
            return part;
        }
        part.release();
        return null;
    }

    private boolean seen(ByteBuf in, int at) {
        int type = in.getByte(at + 3);
        int flags = in.getByte(at + 4);
        ended = !watch.frame(type, flags, type == Http2FrameTypes.DATA ? content(in, at, flags) : length(in, at));
        return !ended;
    }

    private static int content(ByteBuf in, int at, int flags) {
        int length = length(in, at);
        boolean padded = (flags & PADDED) != 0 && length > 0 && in.writerIndex() > at + HEADER;
        return padded ? Math.max(0, length - 1 - in.getUnsignedByte(at + HEADER)) : length;
    }

    private static int length(ByteBuf in, int at) {
        return in.getUnsignedMedium(at);
    }

    /** For the end of the connection. */
    void close() {
        ended = true;
        if (rest != null) {
            rest.release();
            rest = null;
        }
    }
}
