package dev.weir.loop;

import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Asks the kernel how much it would take of a socket's output at once. Known on Linux only. One for each loop, and
 * confined to it.
 */
final class SendRoom {
    static final int UNKNOWN = Integer.MAX_VALUE;

    private static final int SOL_SOCKET = 1;
    private static final int SO_MEMINFO = 55;
    // Positions in what SO_MEMINFO tells (linux/sock_diag.h), to which Linux only ever appends.
    private static final int SNDBUF = 3 * Integer.BYTES;
    private static final int WMEM_QUEUED = 5 * Integer.BYTES;
    private static final int SIZE = 9 * Integer.BYTES;

    private final ByteBuffer info = ByteBuffer.allocateDirect(SIZE).order(ByteOrder.nativeOrder());
    private final boolean known = System.getProperty("os.name").equals("Linux");

    int of(Socket socket) {
        if (!known) {
            return UNKNOWN;
        }
        try {
            info.clear();
            socket.getRawOpt(SOL_SOCKET, SO_MEMINFO, info);
            return Math.max(info.getInt(SNDBUF) - info.getInt(WMEM_QUEUED), 0);
        } catch (IOException refused) {
            return UNKNOWN;
        }
    }
}
