package dev.weir.upstream;

import dev.weir.http.BodyFraming;
import dev.weir.http.Headers;
import dev.weir.http.ResponseHead;
import dev.weir.observe.Cause;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Hears what becomes of one request at one server, whichever protocol is spoken there. Called on the loop of the stream.
 * After {@link #onEnd} or {@link #onFailure} nothing more is called.
 */
public interface UpstreamListener {
    /**
     * Whether the request can be sent again if the server closes the connection in the very moment in which the request
     * is sent. If not, only a connection is reused that is far from the age at which the server may close it.
     */
    boolean replayable();

    /** Whether the request asks for another protocol. */
    default boolean upgrade() {
        return false;
    }

    /** Whether that other protocol is WebSocket, the one that HTTP/2 carries too (RFC 8441). */
    default boolean webSocket() {
        return false;
    }

    /** Who asks; null when that is not known. */
    default @Nullable ClientEndpoints client() {
        return null;
    }

    /** The wait for a stream is over: here it is. Not called when a stream was there at once. */
    void onConnected(UpstreamStream stream);

    /** An interim response (1xx other than 101). The head is valid during the call. */
    void onInterim(ResponseHead head);

    /** The final response begins; the head is valid until the end of the exchange at this server. */
    void onHead(ResponseHead head, BodyFraming framing);

    /**
     * The server switched protocols (101) as it had been asked: bytes flow raw from now on, through {@code tunnel},
     * which takes the place of the stream so far.
     */
    void onTunnel(ResponseHead head, UpstreamStream tunnel);

    /** {@code length} bytes of content lie at the reader index of {@code in}; exactly these must be consumed. */
    void onData(ByteBuf in, int length);

    /** What came in one go has been handed over; a good moment to flush what was relayed. */
    void onReadComplete();

    /** The response, or the server's half of a tunnel, is complete. */
    void onEnd(Headers trailers);

    /** The server takes request bytes again, after {@link UpstreamStream#writable} had been false. */
    void onWritable();

    /** The exchange at this server is over without a complete response. */
    void onFailure(Cause cause, Delivery delivery, String detail);
}
