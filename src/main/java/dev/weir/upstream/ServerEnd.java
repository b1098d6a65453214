package dev.weir.upstream;

import dev.weir.loop.ReadBuffers;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * How the server's side of one HTTP/1.1 connection ends, read off what its channel tells. Confined to the connection's
 * loop.
 */
final class ServerEnd {
    private final UpstreamPool pool;
    private final Http1Sender sender;
    /** The server ended its side in good order, as TLS has it. */
    private boolean notified;

    ServerEnd(UpstreamPool pool, Http1Sender sender) {
        this.pool = pool;
        this.sender = sender;
    }

    /** Whether this event of the channel says that the server sends no more. */
    boolean isToldBy(Object event) {
        notified |= event == SslCloseCompletionEvent.SUCCESS;
        return event == SslCloseCompletionEvent.SUCCESS || event == ChannelInputShutdownEvent.INSTANCE;
    }

    /** Whether the end that came is no orderly one, so that what came before it may be a part only. */
    boolean cut() {
        // With TLS an end without close_notify may be anyone's doing (RFC 9112 section 9.8).
        return (sender.encrypted() && !notified) || sender.reset();
    }

    /** Why the connection ends with this exception of its channel; null when it does not, or is told separately. */
    @Nullable ConnectionFailure failure(Throwable caught) {
        if (caught instanceof ReadBuffers.ReadPaused) {
            return null;
        }
        if (caught instanceof IOException broken) {
            // A failed write is no reason to stop reading: a server may answer early and close. The end of its
            // sending side is told separately, and decides.
            sender.failed(broken);
            return null;
        }
        if (ConnectionFailure.isTls(caught)) {
            // After the handshake too a server may refuse a client's certificate (RFC 8446 section 4.6.2).
            return ConnectionFailure.tls(caught);
        }
        pool.upstreams().unexpected(pool.server(), caught);
        return ConnectionFailure.INTERNAL;
    }
}
