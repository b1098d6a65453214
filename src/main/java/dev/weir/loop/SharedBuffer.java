package dev.weir.loop;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * One buffer that serves a whole event loop for as long as whoever was handed it keeps nothing of it; only then a fresh
 * one is allocated. Confined to its event loop.
 */
final class SharedBuffer {
    private final int size;
    private @Nullable ByteBuf shared;
    private boolean closed;

    SharedBuffer(int size) {
        this.size = size;
    }

    int size() {
        return size;
    }

    /** An empty buffer of {@link #size} bytes that the caller owns and releases as any other. */
    ByteBuf take(ByteBufAllocator allocator) {
        ByteBuf buffer = shared;
        if (buffer != null) {
            if (buffer.refCnt() == 1) {
                return buffer.clear().retain();
            }
            buffer.release();
        }
        buffer = allocator.directBuffer(size, size);
        if (closed) {
            return buffer;
        }
        shared = buffer;
        return buffer.retain();
    }

    /** From now on nothing is kept: connections that are still closing may have a last word to send. */
    void close() {
        closed = true;
        if (shared != null) {
            shared.release();
            shared = null;
        }
    }
}
