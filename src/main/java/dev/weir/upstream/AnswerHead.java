package dev.weir.upstream;

import dev.weir.http.BodyFraming;
import dev.weir.http.ResponseHead;
import io.netty.buffer.ByteBuf;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The head of the answer to the request on one HTTP/1.1 connection, while it is read and until the answer is over: for
 * one request after the other, out of the loop's spare heads. Confined to its loop.
 */
final class AnswerHead {
    /** More interim responses than this to one request are taken as an attack. */
    static final int MOST_INTERIM_RESPONSES = 32;

    /** A longer answer that nobody wants is cut: a new connection costs less. */
    private static final int MOST_DISCARDED = 16 << 10;

    private final UpstreamPool pool;
    private @Nullable ResponseHead head;
    private boolean answersHead;
    private int interimResponses;

    AnswerHead(UpstreamPool pool) {
        this.pool = pool;
    }

    /** {@code toHead}: whether the request's method is HEAD. */
    void await(boolean toHead) {
        answersHead = toHead;
        interimResponses = 0;
        head = pool.upstreams().takeHead();
    }

    /** Reads on; null while it is incomplete. */
    @Nullable ResponseHead read(ByteBuf in) {
        ResponseHead read = Objects.requireNonNull(head, "a response before the request");
        return read.read(in, pool.settings().headLimits()) ? read : null;
    }

    /** Whether a part of it has come. */
    boolean begun() {
        return head != null && head.started();
    }

    /** What was read is an interim one; whether there have been too many of them. */
    boolean tooManyInterims() {
        return ++interimResponses > MOST_INTERIM_RESPONSES;
    }

    /** How the content behind it is framed. */
    BodyFraming framing(ResponseHead read) {
        return read.framing(answersHead);
    }

    /** Whether the answer has begun and costs less to be read than the connection to be made anew. */
    boolean soonOver() {
        ResponseHead read = head;
        return read != null
                && switch (read.framing(answersHead)) {
                    case NONE -> true;
                    case LENGTH -> read.contentLength() <= MOST_DISCARDED;
                    case CHUNKED, UNTIL_CLOSE -> false;
                };
    }

    /** Leaves it to the caller, who gives it back; null when none is awaited. */
    @Nullable ResponseHead take() {
        ResponseHead taken = head;
        head = null;
        return taken;
    }

    /** For the end of the connection. */
    void close() {
        ResponseHead left = take();
        if (left != null) {
            pool.upstreams().giveBack(left);
        }
    }
}
