package dev.weir.upstream;

import dev.weir.config.Address;
import dev.weir.config.ProxyProtocolVersion;
import dev.weir.loop.Loop;
import dev.weir.observe.ServerMeters;
import dev.weir.pool.Server;
import io.netty.util.AsciiString;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The idle connections of one loop to one server: last in, first out, so that few stay warm and the rest age and close;
 * bounded. Confined to the loop.
 */
public final class UpstreamPool {
    private final Upstreams upstreams;
    private final Server server;
    private final ServerMeters meters;
    private final IdleLifetime lifetime;
    private final Http2Pool shared;
    /** Whom to name to a server when the request names no host. */
    private final AsciiString authority;

    /** Where to connect to instead of the server's own endpoints; null for those. */
    private final SocketAddress @Nullable [] endpoints;

    private UpstreamSettings settings;
    private boolean retired;

    // A doubly linked list through the connections: the youngest first.
    private @Nullable Http1Upstream youngest;
    private @Nullable Http1Upstream oldest;
    private int idle;

    /** The requests that this loop has given to the server and that wait for their answer. */
    private @Nullable Awaiting awaiting;

    UpstreamPool(
            Upstreams upstreams,
            Server server,
            SocketAddress @Nullable [] endpoints,
            UpstreamSettings settings,
            ServerMeters meters) {
        this.endpoints = endpoints;
        this.upstreams = upstreams;
        this.server = server;
        this.settings = settings;
        this.meters = meters;
        this.authority = AsciiString.of(server.address() instanceof Address.Inet inet ? inet.toString() : "localhost");
        this.lifetime = new IdleLifetime(upstreams.loop().now());
        this.shared = new Http2Pool(this);
    }

    /**
     * Takes an idle connection or a share of one, or begins to connect.
     *
     * @return an {@link UpstreamStream} where one is there at once; else the listener hears when it is, not before this
     *     returns
     * @param fresh not over a connection that waited for a request
     */
    public UpstreamClaim acquire(UpstreamListener listener, boolean fresh, long now) {
        ClientEndpoints client = clientOf(listener);
        if (settings.http2()) {
            UpstreamClaim claim = shared.acquire(listener, client, fresh, now);
            if (claim != null) {
                return claim;
            }
        }
        Http1Upstream connection = fresh ? null : client == null ? youngest : youngestOf(client);
        if (connection != null && safe(connection, listener, now)) {
            remove(connection);
            connection.reuse(listener);
            return connection;
        }
        Connector.Use use = listener.upgrade() ? Connector.Use.HTTP1 : Connector.Use.HTTP;
        return new Connector(this, client, use).join(listener);
    }

    /** Begins to connect for one client whose bytes pass as they are; the listener hears of it as of any other. */
    public UpstreamClaim connect(UpstreamListener listener) {
        return new Connector(this, clientOf(listener), Connector.Use.RAW).join(listener);
    }

    /** Begins to connect without anything to say: the listener is given a connection once TLS is agreed, if it is spoken. */
    public UpstreamClaim reach(UpstreamListener listener) {
        return new Connector(this, clientOf(listener), Connector.Use.REACH).join(listener);
    }

    /** For whom alone a connection will be; null for everyone. */
    private @Nullable ClientEndpoints clientOf(UpstreamListener listener) {
        return settings.proxyProtocol() == ProxyProtocolVersion.OFF ? null : listener.client();
    }

    /** A server that was told of a client takes all requests on the connection for that client's. */
    private @Nullable Http1Upstream youngestOf(ClientEndpoints client) {
        Http1Upstream connection = youngest;
        while (connection != null && connection.client() != client) {
            connection = connection.older;
        }
        return connection;
    }

    private boolean safe(Http1Upstream connection, UpstreamListener listener, long now) {
        return listener.replayable() || lifetime.trusts(now - connection.idleSince(), now);
    }

    /** Keeps a connection whose exchange ended well, for the next. False when it has to be closed instead. */
    boolean keep(Http1Upstream connection) {
        if (!keepsIdle()) {
            return false;
        }
        if (idle >= settings.idleConnections() && oldest != null) {
            Http1Upstream evicted = oldest;
            remove(evicted);
            evicted.closeIdle();
        }
        connection.younger = null;
        connection.older = youngest;
        if (youngest != null) {
            youngest.younger = connection;
        } else {
            oldest = connection;
        }
        youngest = connection;
        idle++;
        meters.connectionsIdle.increment();
        return true;
    }

    /** Whether connections are kept that no request is on; not of a server that is down. */
    boolean keepsIdle() {
        return !retired && settings.idleConnections() > 0 && server.limit() > 0;
    }

    void remove(Http1Upstream connection) {
        if (connection.younger != null) {
            connection.younger.older = connection.older;
        } else {
            youngest = connection.older;
        }
        if (connection.older != null) {
            connection.older.younger = connection.younger;
        } else {
            oldest = connection.younger;
        }
        connection.younger = null;
        connection.older = null;
        idle--;
        meters.connectionsIdle.decrement();
    }

    // ---- requests that wait ----

    /** A request was given to the server, and waits for its answer from now on. */
    public void await(Awaiting request) {
        assert request.at == null;
        Awaiting first = awaiting;
        request.at = this;
        request.next = first;
        if (first != null) {
            first.previous = request;
        }
        awaiting = request;
        request.counted = true;
        meters.awaiting.increment();
    }

    void leave(Awaiting request) {
        Awaiting next = request.next;
        Awaiting previous = request.previous;
        if (next != null) {
            next.previous = previous;
        }
        if (previous != null) {
            previous.next = next;
        } else {
            awaiting = next;
        }
        request.at = null;
        request.next = null;
        request.previous = null;
        if (request.counted) {
            request.counted = false;
            meters.awaiting.decrement();
        }
    }

    /**
     * The server went down: idle connections close, and whoever waits for an answer is told. Responses and tunnels under
     * way stay; perhaps they come to their end.
     */
    void withdraw() {
        closeIdle();
        List<Awaiting> told = new ArrayList<>();
        for (Awaiting request = awaiting; request != null; request = request.next) {
            told.add(request);
        }
        for (Awaiting request : told) {
            if (request.at == this) {
                request.serverDown.run();
            }
        }
    }

    // ---- endings ----

    /** The server has left: idle connections close now, busy ones when their exchange ends. */
    void retire() {
        retired = true;
        closeIdle();
    }

    private void closeIdle() {
        shared.retire();
        while (youngest != null) {
            Http1Upstream connection = youngest;
            remove(connection);
            connection.closeIdle();
        }
    }

    /** A connection has been established, which took so long. */
    void opened(long connectNanos) {
        meters.connectionsOpened.increment();
        meters.connectionsOpen.increment();
        meters.connect.record(connectNanos);
    }

    /** A connection that had been {@link #opened} ends. */
    void closed() {
        meters.connectionsOpen.decrement();
    }

    /** How long an idle connection is worth keeping, in nanoseconds. */
    long keepNanos() {
        return Math.min(settings.idleNanos(), lifetime.announced());
    }

    Http2Pool shared() {
        return shared;
    }

    AsciiString authority() {
        return authority;
    }

    SocketAddress[] endpoints() {
        return endpoints == null ? server.endpoints() : endpoints;
    }

    Server server() {
        return server;
    }

    UpstreamSettings settings() {
        return settings;
    }

    /** Goes on with other settings. False when connections that are open would not have been made by them. */
    @SuppressWarnings("ReferenceEquality") // asked for each request, and nearly always these are the same
    boolean change(UpstreamSettings next) {
        if (settings == next) {
            return true;
        }
        if (!settings.connectsAs(next)) {
            return false;
        }
        settings = next;
        return true;
    }

    IdleLifetime lifetime() {
        return lifetime;
    }

    public ServerMeters meters() {
        return meters;
    }

    Upstreams upstreams() {
        return upstreams;
    }

    Loop loop() {
        return upstreams.loop();
    }
}
