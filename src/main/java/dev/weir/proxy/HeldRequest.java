package dev.weir.proxy;

import dev.weir.http.BodyFraming;
import dev.weir.http.Headers;
import dev.weir.http.RequestHead;
import dev.weir.upstream.Delivery;
import dev.weir.upstream.UpstreamStream;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * What came of a request so far, and whether it may be sent once more. Its content is held until the server begins to
 * answer, bounded. It is a copy: a share of the buffer that it came in would hold all of that buffer, for each byte of a
 * client that sends byte by byte. Confined to the exchange's loop.
 */
final class HeldRequest {
    private final RequestHead head;
    private @Nullable ByteBuf content;
    private Headers trailers = Headers.EMPTY;
    private boolean whole = true;
    private boolean complete;

    HeldRequest(RequestHead head) {
        this.head = head;
    }

    /** The head is complete. */
    void begin() {
        complete = head.framing() != BodyFraming.CHUNKED && head.contentLength() <= 0;
    }

    /** The rest is here: the request, or the client's half of a tunnel, is complete. */
    void end(Headers trailerFields) {
        complete = true;
        trailers = trailerFields;
    }

    /** What the client sends now belongs to the tunnel that it asked for. */
    void beginTunnel() {
        letGo();
        complete = false;
    }

    /** Whether nothing more of it will come. */
    boolean complete() {
        return complete;
    }

    /** Whether nothing is missing from what is held. */
    boolean whole() {
        return whole;
    }

    /** Whether it may be sent again though a server may have seen it (RFC 9110 section 9.2.2). */
    boolean replayable() {
        return head.method().idempotent();
    }

    /** Whether it may be sent again after an attempt of which so much is known. */
    boolean replayableAfter(Delivery delivery) {
        return whole && (delivery == Delivery.NONE || replayable());
    }

    /** Whether it is all here, and may be sent once more though a server has it. */
    boolean mayRepeat() {
        return complete && replayable() && whole && !head.upgrade();
    }

    /** Whether all of the content will be there for another attempt, if up to {@code most} bytes are held. */
    boolean holdable(long most) {
        return switch (head.framing()) {
            case NONE -> true;
            case LENGTH -> head.contentLength() <= most;
            case CHUNKED, UNTIL_CLOSE -> false;
        };
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

    /** Sends what there is of the content. */
    void replay(UpstreamStream stream) {
        if (content != null) {
            stream.sendData(content.duplicate(), content.readableBytes());
        }
    }

    /** Sends the end, if it is here; false when more has to come. */
    boolean replayEnd(UpstreamStream stream) {
        if (!complete) {
            return false;
        }
        stream.sendEnd(trailers);
        return true;
    }

    void reset() {
        release();
        trailers = Headers.EMPTY;
        whole = true;
        complete = false;
    }

    private void release() {
        if (content != null) {
            content.release();
            content = null;
        }
    }
}
