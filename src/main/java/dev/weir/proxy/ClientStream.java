package dev.weir.proxy;

import dev.weir.http.BodyFraming;
import dev.weir.http.Headers;
import dev.weir.http.ResponseHead;
import io.netty.buffer.ByteBuf;

/** The client's side of one exchange, whichever protocol it speaks. Confined to its loop. */
public interface ClientStream {
    ClientInfo client();

    /** An interim response (1xx). Flushes. Not sent to a client that would not understand it. */
    void sendInterim(ResponseHead head);

    /**
     * The final response begins. Nothing is flushed.
     *
     * @param framing how the content is framed where it comes from; {@code NONE} when there is none
     * @param keepOpen false when the connection cannot serve another request after this response
     */
    void sendHead(ResponseHead head, BodyFraming framing, boolean keepOpen);

    /** Consumes and sends {@code length} bytes of content at the reader index of {@code in}. */
    void sendData(ByteBuf in, int length);

    /** The response, or the server's half of a tunnel, is complete. Flushes. */
    void sendEnd(Headers trailers);

    /** The server switched protocols: sends the head (101) and passes bytes raw from now on. Flushes. */
    void startTunnel(ResponseHead head);

    void flush();

    /** Whether more content may be sent without being held here beyond the bound. */
    boolean writable();

    /** About how many bytes of content would be taken at once, without being held here. May cost a system call. */
    int room();

    /** Stops or resumes the reading of the request's content; stopping holds the client back. */
    void reading(boolean on);

    /** The exchange has ended as its messages' framing says; the client may go on to the next. */
    void done();

    /** The exchange ended before the response was complete, and the client must be able to tell. */
    void abort();
}
