package dev.weir.config;

/** Where to listen or to connect: {@code host:port}, {@code :port}, {@code [::1]:80} or {@code unix:/path}. */
public sealed interface Address {
    /** A host name or address literal (empty: every local address) and a port, 0 to 65535. */
    record Inet(String host, int port) implements Address {
        @Override
        public String toString() {
            return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
        }
    }

    /** A unix domain socket. */
    record Unix(String path) implements Address {
        @Override
        public String toString() {
            return "unix:" + path;
        }
    }
}
