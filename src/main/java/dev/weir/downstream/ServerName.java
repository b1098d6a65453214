package dev.weir.downstream;

import dev.weir.tls.Challenges;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.AbstractSniHandler;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads from the beginning of a TLS connection which server the client asks for (SNI, RFC 6066 section 3), and whether it is
 * an authority that wants to be shown something (RFC 8737); then leaves the pipeline, and all bytes go on as they came.
 */
final class ServerName extends AbstractSniHandler<Boolean> {
    private static final int MOST_HELLO_BYTES = 64 << 10;

    private static final int VERSION_AND_RANDOM = 34;
    private static final int ALPN = 16;
    private static final byte[] PROVING = Challenges.PROTOCOL.getBytes(StandardCharsets.US_ASCII);

    private final Then then;
    private boolean proving;

    /** Puts the next handlers in place. */
    @FunctionalInterface
    interface Then {
        /**
         * The hello has been read.
         *
         * @param name in small letters; null when there is none
         * @param proving whether the client offers the protocol of authorities, and only that
         */
        void go(@Nullable String name, boolean proving);
    }

    ServerName(Then then) {
        // Without a timeout of Netty's.
        super(MOST_HELLO_BYTES, 0);
        this.then = then;
    }

    @Override
    protected Future<Boolean> lookup(ChannelHandlerContext ctx, @Nullable ByteBuf hello) throws Exception {
        proving = hello != null && offersOnly(hello, PROVING);
        return super.lookup(ctx, hello);
    }

    @Override
    protected Future<Boolean> lookup(ChannelHandlerContext ctx, @Nullable String hostname) {
        return ctx.executor().newSucceededFuture(true);
    }

    @Override
    protected void onLookupComplete(ChannelHandlerContext ctx, @Nullable String hostname, Future<Boolean> done) {
        then.go(hostname, proving);
        ctx.pipeline().remove(this);
    }

    /** Whether the list of protocols (ALPN, RFC 7301) of a ClientHello, which begins with its version, is just this one. */
    static boolean offersOnly(ByteBuf hello, byte[] protocol) {
        ByteBuf in = hello.slice();
        try {
            in.skipBytes(VERSION_AND_RANDOM);
            in.skipBytes(in.readUnsignedByte()); // session
            in.skipBytes(in.readUnsignedShort()); // suites
            in.skipBytes(in.readUnsignedByte()); // compressions
            ByteBuf extensions = in.readSlice(in.readUnsignedShort());
            while (extensions.isReadable()) {
                int type = extensions.readUnsignedShort();
                ByteBuf extension = extensions.readSlice(extensions.readUnsignedShort());
                if (type == ALPN) {
                    return isOnly(extension, protocol);
                }
            }
        } catch (IndexOutOfBoundsException malformed) {
            // The handshake will say so.
        }
        return false;
    }

    private static boolean isOnly(ByteBuf list, byte[] protocol) {
        if (list.readUnsignedShort() != protocol.length + 1 || list.readUnsignedByte() != protocol.length) {
            return false;
        }
        byte[] offered = new byte[protocol.length];
        list.readBytes(offered);
        return Arrays.equals(offered, protocol);
    }
}
