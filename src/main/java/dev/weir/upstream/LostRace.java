package dev.weir.upstream;

import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.EpollTcpInfo;
import io.netty.channel.unix.Errors;
import java.io.IOException;

/**
 * Watches for the race that reuse can lose: a server closes an idle connection in the moment in which the next request
 * goes out on it. Whether the server's program can have seen the request is read off the kernel's state. A server's FIN
 * acknowledges all that had arrived before it. So if FIN came (and no bare reset) and our one segment is not
 * acknowledged, or was answered by a reset of the closed socket, then the server had ended its side before any byte of
 * the request reached it, and the request may be sent again whatever its method. See docs/decisions.
 */
final class LostRace {
    // Linux TCP states as in tcp_info.
    private static final int TCP_CLOSE = 7;
    private static final int TCP_CLOSE_WAIT = 8;

    private long bytes;
    private int flushes;
    private boolean reset;

    void requestBegins() {
        bytes = 0;
        flushes = 0;
    }

    void sent(int length) {
        bytes += length;
    }

    void flushed() {
        flushes++;
    }

    void failed(IOException failure) {
        if (failure instanceof Errors.NativeIoException nativeFailure
                ? nativeFailure.expectedErr() == Errors.ERRNO_ECONNRESET_NEGATIVE
                : !"Broken pipe".equals(failure.getMessage())) {
            reset = true;
        }
    }

    /** The connection ended by a reset that no FIN came before. */
    boolean reset() {
        return reset;
    }

    /** Whether it is proven that nothing of the request was delivered. */
    boolean provenBy(Channel channel) {
        if (flushes == 0) {
            return true;
        }
        if (reset || flushes > 1 || !(channel instanceof EpollSocketChannel socket) || !socket.isOpen()) {
            return false;
        }
        EpollTcpInfo info = socket.tcpInfo();
        return bytes <= info.sndMss()
                && (info.state() == TCP_CLOSE || (info.state() == TCP_CLOSE_WAIT && info.unacked() > 0));
    }
}
