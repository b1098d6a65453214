package dev.weir.upstream;

import io.netty.channel.local.LocalAddress;
import java.net.SocketAddress;

/**
 * Between which addresses a client speaks to Weir, as servers are told by the PROXY protocol. There is one for each
 * connection of a client, and its identity tells whether two requests came over the same one. Immutable.
 */
public final class ClientEndpoints {
    /** Of a connection that serves no client: Weir itself asks. */
    public static final ClientEndpoints OWN = new ClientEndpoints(new LocalAddress("weir"), new LocalAddress("weir"));

    private final SocketAddress source;
    private final SocketAddress destination;

    /**
     * @param source the client's own address
     * @param destination the address that it connected to
     */
    public ClientEndpoints(SocketAddress source, SocketAddress destination) {
        this.source = source;
        this.destination = destination;
    }

    SocketAddress source() {
        return source;
    }

    SocketAddress destination() {
        return destination;
    }
}
