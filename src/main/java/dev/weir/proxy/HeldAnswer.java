package dev.weir.proxy;

import dev.weir.http.BodyFraming;
import dev.weir.http.ResponseHead;
import dev.weir.loop.Deadline;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The beginning of a short answer, until it is complete: as long as the client has seen nothing, a request whose answer
 * is cut can be tried again. An answer that is complete at once, as nearly all are, is passed on as it came; one of which
 * only a part came is copied, and passed on after a moment whatever is missing. Confined to its loop.
 */
final class HeldAnswer {
    /** How long the rest may take: a server sends a short answer in one go, or in two right behind each other. */
    private static final long PATIENCE_NANOS = 20_000_000;

    private final Exchange exchange;
    private final Deadline patience = new Deadline(this::streams);
    private @Nullable ResponseHead head;
    private @Nullable ByteBuf content;
    private int length;

    HeldAnswer(Exchange exchange) {
        this.exchange = exchange;
    }

    boolean holding() {
        return head != null;
    }

    /** Holds a head, which stays valid until the end of the attempt, and the content of that length that follows. */
    void hold(ResponseHead begun, int contentLength) {
        head = begun;
        length = contentLength;
    }

    /** Takes the next {@code count} bytes of content; false when all is here, and they are to be passed on by the caller. */
    boolean take(ByteBuf in, int count) {
        ByteBuf held = content;
        if (held == null && count == length) {
            passHead();
            return false;
        }
        if (held == null) {
            held = in.alloc().buffer(length);
            content = held;
        }
        held.writeBytes(in, count);
        if (held.readableBytes() == length) {
            passOn();
        }
        return true;
    }

    /** All that came in one read is here, and it was not all of the answer. */
    void await() {
        if (!patience.armed()) {
            Worker worker = exchange.worker;
            worker.loop().timers().arm(patience, worker.now(), PATIENCE_NANOS);
        }
    }

    private void streams() {
        if (head != null) {
            passOn();
            exchange.flushClient();
        }
    }

    private void passOn() {
        passHead();
        ByteBuf held = content;
        content = null;
        if (held != null) {
            exchange.passData(held, held.readableBytes());
            held.release();
        }
    }

    private void passHead() {
        ResponseHead begun = head;
        head = null;
        patience.disarm();
        if (begun != null) {
            exchange.passHead(begun, BodyFraming.LENGTH);
        }
    }

    void drop() {
        head = null;
        patience.disarm();
        if (content != null) {
            content.release();
            content = null;
        }
    }
}
