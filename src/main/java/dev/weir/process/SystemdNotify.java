package dev.weir.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the service manager how Weir is (sd_notify(3)): a datagram to the socket that {@code NOTIFY_SOCKET} names. Where
 * there is none, nothing happens. Any thread of the control plane; it does not wait.
 */
public final class SystemdNotify {
    private static final Logger LOG = LoggerFactory.getLogger(SystemdNotify.class);

    /** The socket's name, for an abstract one with a first byte of zero; null when nobody wants to know. */
    private final byte @Nullable [] socket;

    private SystemdNotify(byte @Nullable [] socket) {
        this.socket = socket;
    }

    /** Tells whoever this environment names. */
    public static SystemdNotify of(Map<String, String> environment) {
        String name = environment.getOrDefault("NOTIFY_SOCKET", "");
        if (!name.startsWith("/") && !name.startsWith("@")) {
            return new SystemdNotify(null);
        }
        if (!Epoll.isAvailable()) {
            LOG.warn("NOTIFY_SOCKET is set, and to write to it takes Linux with epoll");
            return new SystemdNotify(null);
        }
        byte[] path = name.getBytes(UTF_8);
        if (path[0] == '@') {
            path[0] = 0;
        }
        return new SystemdNotify(path);
    }

    /** It has started, or read its configuration anew, and is well. */
    public void ready(String status) {
        send("READY=1\nSTATUS=" + line(status));
    }

    /** It reads its configuration anew; {@link #ready} follows whatever comes of it. */
    public void reloading() {
        // On Linux this is the monotonic clock that systemd means.
        send("RELOADING=1\nMONOTONIC_USEC=" + TimeUnit.NANOSECONDS.toMicros(System.nanoTime()));
    }

    /** It stops. */
    public void stopping(String status) {
        send("STOPPING=1\nSTATUS=" + line(status));
    }

    /** From now on this process is the service. */
    public void mainProcess(long pid) {
        send("MAINPID=" + pid);
    }

    /** It is alive. */
    void watchdog() {
        send("WATCHDOG=1");
    }

    private static String line(String text) {
        return text.replace('\n', ' ');
    }

    private void send(String message) {
        if (socket == null) {
            return;
        }
        byte[] bytes = message.getBytes(UTF_8);
        ByteBuffer datagram = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        try {
            Socket sender = Socket.newSocketDomainDgram();
            try {
                sender.sendToDomainSocket(datagram, 0, bytes.length, socket);
            } finally {
                sender.close();
            }
        } catch (IOException lost) {
            LOG.warn("cannot tell the service manager (NOTIFY_SOCKET): {}", lost.toString());
        }
    }
}
