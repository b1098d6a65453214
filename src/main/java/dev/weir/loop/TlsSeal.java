package dev.weir.loop;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslHandler;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Encrypts what one connection sends, past the queue of its TLS handler, in which a small message spends as long as in
 * its encryption. Only with BoringSSL, only after the handshake, and to be used only while that queue is empty. Confined
 * to the connection's loop.
 */
final class TlsSeal {
    /** Beside the bytes: what a record adds, and tickets, which leave with the first one. */
    private static final int MARGIN = 2048;

    private final SslHandler handler;
    private final SSLEngine engine;
    private final SharedBuffer buffers;
    private final ByteBufAllocator allocator;

    private TlsSeal(SslHandler handler, SharedBuffer buffers, ByteBufAllocator allocator) {
        this.handler = handler;
        this.engine = handler.engine();
        this.buffers = buffers;
        this.allocator = allocator;
    }

    /** Null where it cannot be. */
    static @Nullable TlsSeal of(@Nullable SslHandler handler, SharedBuffer buffers, ByteBufAllocator allocator) {
        return handler != null && handler.engine() instanceof ReferenceCountedOpenSslEngine
                ? new TlsSeal(handler, buffers, allocator)
                : null;
    }

    /**
     * Encrypts and consumes the bytes up to {@code end}, as far as that is possible here.
     *
     * @return what the socket is to be given, the caller's to release; null when nothing was done
     */
    @Nullable ByteBuf seal(ByteBuf plain, int end) {
        if (end - plain.readerIndex() > buffers.size() - MARGIN
                || !handler.handshakeFuture().isSuccess()) {
            return null;
        }
        ByteBuf sealed = buffers.take(allocator);
        try {
            seal(plain, end, sealed);
        } catch (SSLException broken) {
            // The handler meets the same with what is left, and ends the connection.
        }
        if (sealed.isReadable()) {
            return sealed;
        }
        sealed.release();
        return null;
    }

    private void seal(ByteBuf plain, int end, ByteBuf sealed) throws SSLException {
        boolean usual = true;
        while (usual && plain.readerIndex() < end) {
            ByteBuffer from = plain.internalNioBuffer(plain.readerIndex(), end - plain.readerIndex());
            ByteBuffer to = sealed.internalNioBuffer(sealed.writerIndex(), sealed.writableBytes());
            SSLEngineResult result = engine.wrap(from, to);
            plain.skipBytes(result.bytesConsumed());
            sealed.writerIndex(sealed.writerIndex() + result.bytesProduced());
            usual = result.bytesProduced() > 0
                    && result.getStatus() == Status.OK
                    && result.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING;
        }
    }
}
