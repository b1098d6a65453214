package dev.weir.downstream;

import dev.weir.loop.ReadBuffers;
import dev.weir.observe.Cause;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import java.io.IOException;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How the client's side of a connection ends, read off what its channel tells whoever serves it. Confined to the
 * connection's loop.
 */
final class ClientEnd {
    private static final Logger LOG = LoggerFactory.getLogger(ClientEnd.class);

    private final Accepted connection;
    private final Consumer<Cause> fail;
    private boolean broken;

    /** {@code fail} ends what is served for the given reason, and the connection. */
    ClientEnd(Accepted connection, Consumer<Cause> fail) {
        this.connection = connection;
        this.fail = fail;
    }

    /** Whether this event of the channel says that the client sends no more. */
    static boolean isToldBy(Object event) {
        return event == ChannelInputShutdownEvent.INSTANCE || isNotice(event);
    }

    /** Whether the client has said so in the manner of TLS, where anyone can end the connection below it. */
    static boolean isNotice(Object event) {
        return event == SslCloseCompletionEvent.SUCCESS;
    }

    /** Whether reading or writing failed: the client did not just end its sending side. */
    boolean broken() {
        return broken;
    }

    /** The channel caught an exception. */
    void caught(Throwable failure) {
        if (failure instanceof ReadBuffers.ReadPaused) {
            return;
        }
        if (!isBreak(failure)) {
            unexpected(connection, failure);
            fail.accept(Cause.INTERNAL);
            return;
        }
        // Perhaps in the middle of a write, and whoever writes expects the exchange to be there afterwards.
        broken = true;
        connection.worker().loop().executor().execute(() -> fail.accept(Cause.CLIENT_ABORTED));
    }

    /** Whether an exception means that the connection broke. */
    static boolean isBreak(Throwable failure) {
        return failure instanceof IOException || failure.getCause() instanceof SSLException;
    }

    /** A fault of Weir's own; nothing that a client does should come here. */
    static void unexpected(Accepted connection, Throwable failure) {
        LOG.error(
                "listener {}: unexpected failure of a connection; please report this",
                connection.settings().name(),
                failure);
    }
}
