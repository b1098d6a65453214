package dev.weir.upstream;

import dev.weir.http.ByteSink;
import dev.weir.http.Headers;
import dev.weir.http.RequestHead;
import io.netty.buffer.ByteBuf;

/** One request at one server: a whole HTTP/1 connection for its time. Confined to its loop. */
public interface UpstreamStream extends UpstreamClaim {
    /** Whether an earlier request went over the same connection. */
    boolean reused();

    /** Whether the connection carries this request alone as long as it lasts, as in HTTP/1.1. */
    boolean exclusive();

    /** Nanoseconds that connecting took; -1 when the connection was reused. */
    long connectNanos();

    /**
     * Sends the head: the request's own fields without those of {@code dropMask}, then the lines of {@code added}.
     * Nothing is flushed.
     */
    void sendHead(RequestHead request, long dropMask, ByteSink added);

    /** Consumes and sends {@code length} bytes of content at the reader index of {@code in}. */
    void sendData(ByteBuf in, int length);

    /** The request, or the client's half of a tunnel, is complete. Flushes. */
    void sendEnd(Headers trailers);

    void flush();

    /** Whether more content may be sent without being held here beyond the bound. */
    boolean writable();

    /** The rest of the answer is of no interest; a connection that is soon at its end is kept. The listener hears nothing more. */
    default void discard() {
        cancel();
    }

    /** Whether the response is read in smaller pieces, since its reader is behind. */
    default void readingLess(boolean on) {}

    /** Stops or resumes the reading of the response; stopping holds the server back. */
    void reading(boolean on);
}
