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
    private final UpstreamPool pool;
    private final List<Http2Connection> open = new ArrayList<>();
    private final List<Connector> opening = new ArrayList<>();
    /** What the server chose when it was last asked: then each request needs a connection of its own. */
    private boolean http1;

    Http2Pool(UpstreamPool pool) {
        this.pool = pool;
    }

    /** A stream, or the wait for one; null when the request should go over HTTP/1.1. */
    @Nullable UpstreamClaim acquire(UpstreamListener listener, @Nullable ClientEndpoints client) {
        boolean upgrade = listener.upgrade();
        boolean refused = false;
        for (int i = 0; i < open.size(); i++) {
            Http2Connection connection = open.get(i);
            if (connection.takes(client)) {
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
