package dev.weir.upstream;

import dev.weir.observe.Cause;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP/2 connections of one loop to one server, each shared by many requests, and those being opened. The oldest
 * with room is taken, so that few stay warm and the others become idle and close. Confined to the loop.
 */
final class Http2Pool {
    /** A connection that has been idle for less is as good as a new one. */
    private static final long FRESH_NANOS = 1_000_000;

    private final UpstreamPool pool;
    private final List<Http2Connection> open = new ArrayList<>();
    private final List<Connector> opening = new ArrayList<>();
    private final IdleLifetime lifetime;
    /** What the server chose when it was last asked: then each request needs a connection of its own. */
    private boolean http1;

    Http2Pool(UpstreamPool pool) {
        this.pool = pool;
        this.lifetime = IdleLifetime.announcing(pool.loop().now());
    }

    /**
     * A stream, or the wait for one; null when the request should go over HTTP/1.1.
     *
     * @param fresh not on a connection that waited for a request
     */
    @Nullable UpstreamClaim acquire(UpstreamListener listener, @Nullable ClientEndpoints client, boolean fresh, long now) {
        boolean upgrade = listener.upgrade();
        boolean refused = false;
        for (int i = 0; i < open.size(); i++) {
            Http2Connection connection = open.get(i);
            if (connection.takes(client) && safe(connection, listener, fresh, now)) {
                if (!upgrade || (connection.takesUpgrades() && listener.webSocket())) {
                    return connection.stream(listener);
                }
                refused = true;
            }
        }
        boolean otherwise = pool.settings().http1();
        if (otherwise && (upgrade || http1)) {
            return null;
        }
        return refused ? refusal(listener) : connector(client).join(listener);
    }

    /** Whether the request survives it if the server, unseen yet, has closed the connection for being idle. */
    private boolean safe(Http2Connection connection, UpstreamListener listener, boolean fresh, long now) {
        if (!connection.idle()) {
            return true;
        }
        long age = now - connection.idleSince();
        if (fresh) {
            // On which the server has just refused a request, for example.
            return age < FRESH_NANOS;
        }
        return listener.replayable() || lifetime.trusts(age, now);
    }

    /** How long the server leaves idle connections open that it ends without a word. */
    IdleLifetime lifetime() {
        return lifetime;
    }

    /** Whether more connections are idle than shall be kept. */
    boolean tooManyIdle() {
        int idle = 0;
        for (int i = 0; i < open.size(); i++) {
            idle += open.get(i).idle() ? 1 : 0;
        }
        return idle > pool.settings().idleConnections();
    }

    /** One that is at work already, or a new one. */
    Connector connector(@Nullable ClientEndpoints client) {
        for (int i = 0; i < opening.size(); i++) {
            if (opening.get(i).suits(client)) {
                return opening.get(i);
            }
        }
        Connector connector = new Connector(pool, client, Connector.Use.HTTP);
        opening.add(connector);
        return connector;
    }

    /** The server takes no upgrades; told as all failures are, after the call. */
    private UpstreamClaim refusal(UpstreamListener listener) {
        boolean[] canceled = {false};
        pool.loop().executor().execute(() -> {
            if (!canceled[0]) {
                listener.onFailure(Cause.UPGRADE_UNSUPPORTED, Delivery.NONE, "");
            }
        });
        return () -> canceled[0] = true;
    }

    void spokeHttp1() {
        http1 = true;
    }

    void add(Http2Connection connection) {
        http1 = false;
        open.add(connection);
    }

    void remove(Http2Connection connection) {
        open.remove(connection);
    }

    void remove(Connector connector) {
        opening.remove(connector);
    }

    /** The server has left or is down: connections close with their last request. */
    void retire() {
        for (Http2Connection connection : List.copyOf(open)) {
            connection.retire();
        }
    }
}
