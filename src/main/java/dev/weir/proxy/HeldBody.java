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
        pieces.add(in.retainedSlice(in.readerIndex(), length));
        bytes += length;
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
