package dev.weir.upstream;

import dev.weir.loop.Loop;
import dev.weir.observe.ServerMeters;
import dev.weir.pool.Server;
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
    private UpstreamSettings settings;
    private boolean retired;

    // A doubly linked list through the connections: the youngest first.
    private @Nullable Http1Upstream youngest;
    private @Nullable Http1Upstream oldest;
    private int idle;

    UpstreamPool(Upstreams upstreams, Server server, UpstreamSettings settings, ServerMeters meters) {
        this.upstreams = upstreams;
        this.server = server;
        this.settings = settings;
        this.meters = meters;
        this.lifetime = new IdleLifetime(upstreams.loop().now());
    }

    /**
     * Takes an idle connection, or begins to connect.
     *
     * @return an {@link UpstreamStream} where one is there at once; else the listener hears when it is, not before this
     *     returns
     * @param replayable whether the request can be sent again if the server closes the connection in this very moment.
     *     If not, only a connection is reused that is far from the age at which the server may close it.
     * @param fresh no reuse at all
     */
    public UpstreamClaim acquire(UpstreamListener listener, boolean replayable, boolean fresh, long now) {
        Http1Upstream connection = fresh ? null : youngest;
        if (connection != null && safe(connection, replayable, now)) {
            remove(connection);
            connection.reuse(listener);
            return connection;
        }
        return Connector.begin(this, listener, false);
    }

    /** Begins to connect for one client whose bytes pass as they are; the listener hears of it as of any other. */
    public UpstreamClaim connect(UpstreamListener listener) {
        return Connector.begin(this, listener, true);
    }

    private boolean safe(Http1Upstream connection, boolean replayable, long now) {
        return replayable || lifetime.trusts(now - connection.idleSince(), now);
    }

    /** Keeps a connection whose exchange ended well, for the next. False when it has to be closed instead. */
    boolean keep(Http1Upstream connection) {
        if (retired || settings.idleConnections() == 0) {
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

    /** The server has left: idle connections close now, busy ones when their exchange ends. */
    void retire() {
        retired = true;
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

    Server server() {
        return server;
    }

    UpstreamSettings settings() {
        return settings;
    }

    void settings(UpstreamSettings current) {
        settings = current;
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
