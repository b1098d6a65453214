package dev.weir.admin;

import com.sun.net.httpserver.HttpServer;
import dev.weir.config.Address;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The admin port: metrics, liveness and readiness over HTTP, apart from the data plane. Each request runs on a virtual
 * thread of its own; connections, heads and times are bounded.
 */
public final class AdminServer implements AutoCloseable {
    // The JDK's server takes its bounds from system properties, read once; what the user set stays.
    private static final Map<String, String> BOUNDS = Map.of(
            "jdk.httpserver.maxConnections", "64",
            "sun.net.httpserver.maxIdleConnections", "16",
            "sun.net.httpserver.idleInterval", "30", // seconds
            "sun.net.httpserver.maxReqTime", "10", // seconds, until the request has been read
            "sun.net.httpserver.maxRspTime", "30", // seconds, until the answer has been written
            "sun.net.httpserver.maxReqHeaders", "64",
            "sun.net.httpserver.maxReqHeaderSize", "16384", // bytes
            "sun.net.httpserver.nodelay", "true");
    private static final int BACKLOG = 64;

    private final HttpServer server;
    private final ExecutorService requests;

    private AdminServer(HttpServer server, ExecutorService requests) {
        this.server = server;
        this.requests = requests;
    }

    /**
     * Opens the admin port. Loading its classes takes over 100 ms in a cold JVM: start it after the
     * listeners, on a virtual thread.
     *
     * @param bind a loopback address; port 0 takes a free one
     * @throws IOException when the address may not or cannot be bound; the message is one sentence for a person
     */
    public static AdminServer start(Address bind, AdminView view) throws IOException {
        InetSocketAddress address = loopback(bind);
        BOUNDS.forEach((key, value) -> System.getProperties().putIfAbsent(key, value));
        HttpServer server = create(address, bind);
        ExecutorService requests = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("weir-admin-", 0).factory());
        server.setExecutor(requests);
        server.createContext("/", new AdminHandler(view));
        server.start();
        return new AdminServer(server, requests);
    }

    private static InetSocketAddress loopback(Address bind) throws IOException {
        if (!(bind instanceof Address.Inet inet)) {
            throw new IOException("The admin port cannot be bound to " + bind + ": it needs a host and a port.");
        }
        InetAddress address = resolve(inet);
        if (inet.host().isEmpty() || !address.isLoopbackAddress()) {
            throw new IOException("The admin port cannot be bound to " + bind
                    + ": it has no authentication, so only loopback addresses such as 127.0.0.1:" + inet.port()
                    + " are allowed.");
        }
        return new InetSocketAddress(address, inet.port());
    }

    private static InetAddress resolve(Address.Inet inet) throws IOException {
        try {
            return InetAddress.getByName(inet.host());
        } catch (UnknownHostException e) {
            throw new IOException("The admin port cannot be bound to " + inet + ": the host is unknown.", e);
        }
    }

    private static HttpServer create(InetSocketAddress address, Address bind) throws IOException {
        try {
            return HttpServer.create(address, BACKLOG);
        } catch (IOException e) {
            throw new IOException("The admin port cannot be bound to " + bind + ": " + e.getMessage() + ".", e);
        }
    }

    /** The address that is bound. */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    /** Closes the port; running requests are cut off. */
    @Override
    public void close() {
        server.stop(0);
        requests.shutdownNow();
    }
}
