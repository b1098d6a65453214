package dev.weir.proxy;

import dev.weir.upstream.UpstreamStream;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * The content of a request that came so far, held until the server begins to answer, so that the request can be sent to
 * another server; bounded. Confined to the exchange's loop.
 */
final class HeldBody {
    /** Up to this many bytes are copied: a share of a read buffer keeps all of it, and a client may send byte by byte. */
    private static final int COPIED = 4096;

    private static final int SMALLEST = 1024;

    private final List<ByteBuf> pieces = new ArrayList<>(4);
    private int bytes;
    private boolean whole = true;

    /** Whether nothing is missing from what is held. */
    boolean whole() {
        return whole;
    }

    int bytes() {
        return bytes;
    }

    /** Holds the next {@code length} bytes of {@code in} without consuming them; beyond {@code most} all is let go. */
    void keep(ByteBuf in, int length, int most) {
        if (!whole) {
            return;
        }
        if (bytes + length > most) {
            letGo();
            return;
        }
        bytes += length;
        if (length > COPIED) {
            pieces.add(in.retainedSlice(in.readerIndex(), length));
        } else {
            room(in, length).writeBytes(in, in.readerIndex(), length);
        }
    }

    /** The last piece if it is a copy with so much room, else a new one; a share of another buffer never has room. */
    private ByteBuf room(ByteBuf in, int length) {
        if (!pieces.isEmpty() && pieces.getLast().writableBytes() >= length) {
            return pieces.getLast();
        }
        ByteBuf copy = in.alloc().directBuffer(Math.max(length, SMALLEST), COPIED);
        pieces.add(copy);
        return copy;
    }

    /** From now on nothing is held. */
    void letGo() {
        whole = false;
        release();
    }

    void replay(UpstreamStream stream) {
        for (ByteBuf piece : pieces) {
            ByteBuf copy = piece.duplicate();
            stream.sendData(copy, copy.readableBytes());
        }
    }

    void reset() {
        release();
        whole = true;
    }

    private void release() {
        for (ByteBuf piece : pieces) {
            piece.release();
        }
        pieces.clear();
        bytes = 0;
    }
}
