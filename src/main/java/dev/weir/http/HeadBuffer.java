package dev.weir.http;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/** The contiguous copy of a head that its spans point into, filled in steps from the buffers it arrives in. */
final class HeadBuffer {
    /** Bytes copied at a time: a body that comes behind the head in the same buffer is not copied with it. */
    private static final int STEP = 1024;

    private static final int KEPT = 8 * 1024;
    private static final byte[] EMPTY = {};

    private byte[] bytes = EMPTY;
    private int length;

    byte[] bytes() {
        return bytes;
    }

    int length() {
        return length;
    }

    /** Moves the next step of the input behind what is here. */
    void fill(ByteBuf in) {
        int count = Math.min(in.readableBytes(), STEP);
        room(count);
        in.readBytes(bytes, length, count);
        length += count;
    }

    void put(byte[] more) {
        put(more, more.length);
    }

    void put(byte[] more, int count) {
        room(count);
        System.arraycopy(more, 0, bytes, length, count);
        length += count;
    }

    /** Gives what lies behind the end of the head, which came with the last step, back to the input. */
    void giveBack(ByteBuf in, int end) {
        in.readerIndex(in.readerIndex() - (length - end));
        length = end;
    }

    void clear() {
        length = 0;
        if (bytes.length > KEPT) {
            bytes = EMPTY;
        }
    }

    private void room(int count) {
        int needed = length + count + Octets.SLACK;
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(needed, 2 * bytes.length));
        }
    }
}
