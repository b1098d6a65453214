package dev.weir.config;

import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** Where to listen or to connect: {@code host:port}, {@code :port}, {@code [::1]:80} or {@code unix:/path}. */
public sealed interface Address {
    /** The longest path of a unix domain socket, in bytes: {@code sun_path} of Linux without its final zero. */
    int LONGEST_UNIX_PATH = 107;

    /**
     * A host name or address literal and a port.
     *
     * @param host without brackets; empty for every local address
     * @param port 0 to 65535; 0 lets the system choose when listening
     */
    record Inet(String host, int port) implements Address {
        public Inet {
            if (port < 0 || port > 65535) {
                throw new IllegalArgumentException("a port is 0 to 65535, not " + port);
            }
        }

        /** Where a socket listens; all addresses of both families have no host. */
        public static Inet of(InetSocketAddress bound) {
            boolean every = bound.getAddress() instanceof Inet6Address six && six.isAnyLocalAddress();
            return new Inet(every ? "" : bound.getAddress().getHostAddress(), bound.getPort());
        }

        @Override
        public String toString() {
            return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
        }
    }

    /**
     * A unix domain socket.
     *
     * @param path absolute, at most {@value Address#LONGEST_UNIX_PATH} bytes
     */
    record Unix(String path) implements Address {
        public Unix {
            if (!path.startsWith("/") || path.endsWith("/") || path.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("a unix socket has an absolute path, as in unix:/run/weir.sock");
            }
            int bytes = path.getBytes(StandardCharsets.UTF_8).length;
            if (bytes > LONGEST_UNIX_PATH) {
                throw new IllegalArgumentException("the path of a unix socket is at most " + LONGEST_UNIX_PATH
                        + " bytes long, and this has " + bytes);
            }
        }

        @Override
        public String toString() {
            return "unix:" + path;
        }
    }

    /** The same text for the same place, as far as texts tell: host names know no case. */
    default String canonical() {
        return AddressParser.canonical(this);
    }

    /**
     * Reads an address on which to listen.
     *
     * @throws IllegalArgumentException saying in one clause what is wrong
     */
    static Address parse(String text) {
        return AddressParser.parse(text);
    }

    /**
     * Reads the address of a server: it must name a host and a port from 1.
     *
     * @throws IllegalArgumentException saying in one clause what is wrong
     */
    static Address parseServer(String text) {
        return AddressParser.parseServer(text);
    }
}
