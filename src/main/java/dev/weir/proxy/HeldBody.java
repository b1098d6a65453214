package dev.weir.proxy;

import dev.weir.upstream.UpstreamStream;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The content of a request that came so far, held until the server begins to answer, so that the request can be sent to
 * another server; bounded. It is a copy: a share of the buffer that it came in would hold all of that buffer, for each
 * byte of a client that sends byte by byte. Confined to the exchange's loop.
 */
final class HeldBody {
    private @Nullable ByteBuf content;
    private boolean whole = true;

    /** Whether nothing is missing from what is held. */
    boolean whole() {
        return whole;
    }

    int bytes() {
        return content == null ? 0 : content.readableBytes();
    }

    /** Holds the next {@code length} bytes of {@code in} without consuming them; beyond {@code most} all is let go. */
    void keep(ByteBuf in, int length, int most) {
        if (!whole) {
            return;
        }
        if (bytes() + length > most) {
            letGo();
            return;
        }
        if (content == null) {
            content = in.alloc().buffer(length);
        }
        content.writeBytes(in, in.readerIndex(), length);
    }

    /** From now on nothing is held. */
    void letGo() {
        whole = false;
        release();
    }

    void replay(UpstreamStream stream) {
        if (content != null) {
            stream.sendData(content.duplicate(), content.readableBytes());
        }
    }

    void reset() {
        release();
        whole = true;
    }

    private void release() {
        if (content != null) {
            content.release();
            content = null;
        }
    }
}
