package dev.weir.upstream;

import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.ChannelOutputShutdownException;
import io.netty.channel.unix.Errors;
import io.netty.channel.unix.RawUnixChannelOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Watches for the race that reuse can lose: a server closes an idle connection in the moment in which the next request
 * goes out on it. Whether the server's program can have seen the request is read off the kernel's state. A server's FIN
 * acknowledges all that had arrived before it. So if FIN came, and not one byte of the request was ever acknowledged,
 * then the server had ended its side before anything of the request reached it, and the request may be sent again
 * whatever its method. See docs/decisions. Known on Linux and TCP only; elsewhere nothing is ever proven.
 */
final class LostRace {
    // Positions in struct tcp_info, to which Linux only ever appends.
    private static final int BYTES_ACKED = 120;
    private static final int NEEDED = 128;
    private static final RawUnixChannelOption TCP_INFO = new RawUnixChannelOption("TCP_INFO", 6, 11, NEEDED);

    /** The kernel counts SYN as the first byte that was acknowledged. */
    private static final int SYN = 1;

    private long bytes;
    /** What earlier requests sent on this connection. */
    private long bytesBefore;

    private boolean flushed;
    private boolean reset;

    void requestBegins() {
        bytesBefore = bytes;
        flushed = false;
    }

    void sent(int length) {
        bytes += length;
    }

    void flushed() {
        flushed = true;
    }

    /** A read or a write failed. That a write finds the connection closed says nothing of how it was closed. */
    void failed(IOException failure) {
        Throwable cause = failure instanceof ChannelOutputShutdownException ? failure.getCause() : failure;
        reset |= cause != null && !brokenPipe(cause);
    }

    private static boolean brokenPipe(Throwable failure) {
        return failure instanceof Errors.NativeIoException nativeFailure
                ? nativeFailure.expectedErr() == Errors.ERRNO_EPIPE_NEGATIVE
                : "Broken pipe".equals(failure.getMessage());
    }

    /** The connection ended by a reset that no FIN came before. */
    boolean reset() {
        return reset;
    }

    /** Whether it is proven that nothing of the request was delivered; for a connection whose end has come. */
    boolean provenBy(Channel channel) {
        if (!flushed) {
            return true;
        }
        if (reset || !(channel instanceof EpollSocketChannel) || !channel.isOpen()) {
            return false;
        }
        @Nullable ByteBuffer info = channel.config().getOption(TCP_INFO);
        return info != null
                && info.remaining() >= NEEDED
                && info.order(ByteOrder.nativeOrder()).getLong(BYTES_ACKED) <= bytesBefore + SYN;
    }
}
