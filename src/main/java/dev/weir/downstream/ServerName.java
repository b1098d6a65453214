package dev.weir.downstream;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.AbstractSniHandler;
import io.netty.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads from the beginning of a TLS connection which server the client asks for (SNI, RFC 6066 section 3), and leaves
 * the pipeline; all bytes then go on as they came.
 */
final class ServerName extends AbstractSniHandler<Boolean> {
    private static final int MOST_HELLO_BYTES = 64 << 10;

    private final Consumer<@Nullable String> then;

    /** {@code then} hears the name in small letters, null when there is none, and puts the next handlers in place. */
    ServerName(Consumer<@Nullable String> then) {
        // Without a timeout of Netty's.
        super(MOST_HELLO_BYTES, 0);
        this.then = then;
    }

    @Override
    protected Future<Boolean> lookup(ChannelHandlerContext ctx, @Nullable String hostname) {
        return ctx.executor().newSucceededFuture(true);
    }

    @Override
    protected void onLookupComplete(ChannelHandlerContext ctx, @Nullable String hostname, Future<Boolean> done) {
        then.accept(hostname);
        ctx.pipeline().remove(this);
    }
}
