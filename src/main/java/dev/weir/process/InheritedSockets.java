package dev.weir.process;

import dev.weir.config.Address;
import dev.weir.loop.GivenSocket;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listening sockets that were open before this process: passed by systemd (socket activation, sd_listen_fds(3)) or by the
 * process that this one takes over from. A listener takes the one with its address. For one thread.
 */
public final class InheritedSockets {
    private static final Logger LOG = LoggerFactory.getLogger(InheritedSockets.class);
    private static final int FIRST_DESCRIPTOR = 3;
    /** As many as systemd and people pass, and far less than a typing error may say. */
    private static final int MOST = 1024;

    private static final int SOL_SOCKET = 1;
    private static final int SO_TYPE = 3;
    private static final int SO_ACCEPTCONN = 30;
    private static final int SO_DOMAIN = 39;
    private static final int SOCK_STREAM = 1;
    private static final int AF_UNIX = 1;

    /**
     * One of them.
     *
     * @param bind as the configuration of the former process had it; null when that is not known
     * @param local null for a unix domain socket
     * @param path of a unix domain socket; empty otherwise
     */
    private record Given(
            GivenSocket socket,
            @Nullable String bind,
            @Nullable InetSocketAddress local,
            String path) {
        boolean fits(Address wanted) {
            return switch (wanted) {
                case Address.Unix unix -> unix.path().equals(path);
                case Address.Inet inet -> local != null && local.getPort() == inet.port() && fitsHost(inet, local);
            };
        }

        private static boolean fitsHost(Address.Inet wanted, InetSocketAddress local) {
            InetAddress bound = local.getAddress();
            if (wanted.host().isEmpty()) {
                return bound.isAnyLocalAddress();
            }
            try {
                InetAddress named = InetAddress.getByName(wanted.host());
                return named.equals(bound) || (named.isAnyLocalAddress() && bound.isAnyLocalAddress());
            } catch (UnknownHostException unknown) {
                return false;
            }
        }

        @Override
        public String toString() {
            if (local == null) {
                return "unix:" + path;
            }
            return Address.Inet.of(local).toString();
        }
    }

    private final List<Given> sockets = new ArrayList<>();
    private @Nullable Given admin;

    InheritedSockets() {}

    /** No sockets. */
    public static InheritedSockets none() {
        return new InheritedSockets();
    }

    /**
     * Those that systemd passes, or another parent that does as it does.
     *
     * @throws IOException with a sentence for the user
     */
    public static InheritedSockets activated(Map<String, String> environment) throws IOException {
        return environment.containsKey("LISTEN_FDS")
                ? activated(environment, ProcessHandle.current().pid())
                : none();
    }

    /** @param pid of this process: the variables may be meant for its parent */
    static InheritedSockets activated(Map<String, String> environment, long pid) throws IOException {
        InheritedSockets sockets = new InheritedSockets();
        String count = environment.get("LISTEN_FDS");
        if (count == null || !Long.toString(pid).equals(environment.get("LISTEN_PID"))) {
            return sockets;
        }
        if (!Epoll.isAvailable()) {
            throw new IOException("LISTEN_FDS passes sockets, and that takes Linux with epoll");
        }
        int number;
        try {
            number = Integer.parseInt(count);
        } catch (NumberFormatException no) {
            throw new IOException("LISTEN_FDS is '" + count + "' instead of a number", no);
        }
        for (int i = 0; i < Math.min(number, MOST); i++) {
            sockets.add(FIRST_DESCRIPTOR + i, null, true);
        }
        return sockets;
    }

    /** @param bind as the configuration of the former process had it; null when that is not known */
    void add(int descriptor, @Nullable String bind, boolean kept) throws IOException {
        sockets.add(given(descriptor, bind, kept));
    }

    /** @param bind the address of the admin port as configured */
    void addAdmin(int descriptor, String bind, boolean kept) throws IOException {
        admin = given(descriptor, bind, kept);
    }

    private static Given given(int descriptor, @Nullable String bind, boolean kept) throws IOException {
        Socket socket = new Socket(descriptor);
        boolean unix;
        try {
            if (socket.getIntOpt(SOL_SOCKET, SO_TYPE) != SOCK_STREAM
                    || socket.getIntOpt(SOL_SOCKET, SO_ACCEPTCONN) == 0) {
                throw new IOException("it is no stream socket that listens");
            }
            unix = socket.getIntOpt(SOL_SOCKET, SO_DOMAIN) == AF_UNIX;
            Posix.nonBlocking(descriptor);
        } catch (IOException unfit) {
            throw new IOException(
                    "the descriptor " + descriptor + " that was passed cannot be used: " + unfit.getMessage(), unfit);
        }
        GivenSocket given = new GivenSocket(descriptor, kept);
        return unix
                ? new Given(given, bind, null, socket.localDomainSocketAddress().path())
                : new Given(given, bind, socket.localAddress(), "");
    }

    /** The one for a listener with this address, which it is given then; null when there is none. */
    public @Nullable GivenSocket take(Address bind) {
        // What the former process called by the same name comes first: a port that the system chose has no other.
        for (boolean byName : new boolean[] {true, false}) {
            Iterator<Given> each = sockets.iterator();
            while (each.hasNext()) {
                Given given = each.next();
                if (byName ? bind.toString().equals(given.bind()) : given.fits(bind)) {
                    each.remove();
                    return given.socket();
                }
            }
        }
        return null;
    }

    /** The one for the admin port with this address, which it is given then; null when there is none. */
    public @Nullable GivenSocket takeAdmin(Address bind) {
        Given given = admin;
        if (given == null || !bind.toString().equals(given.bind())) {
            return take(bind);
        }
        admin = null;
        return given.socket();
    }

    /** The addresses of those that no listener took, which are closed then: nobody would accept what connects there. */
    public List<String> closeRest() {
        List<String> rest = sockets.stream().map(Given::toString).toList();
        sockets.forEach(InheritedSockets::close);
        sockets.clear();
        if (admin != null) {
            close(admin);
            admin = null;
        }
        return rest;
    }

    private static void close(Given given) {
        try {
            new Socket(given.socket().descriptor()).close();
        } catch (IOException closed) {
            LOG.debug("{} was closed already", given, closed);
        }
    }
}
