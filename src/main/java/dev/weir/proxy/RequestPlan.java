package dev.weir.proxy;

import dev.weir.balance.Pool;
import dev.weir.route.RouteTable;
import dev.weir.upstream.UpstreamSettings;

/** Everything that a request needs to know of the configuration. Immutable; a request keeps the one it began with. */
public interface RequestPlan {
    RouteTable routes();

    /** Where the route with this index leads. */
    Destination destination(int route);

    /** The pool of this name, which the configuration has. */
    Destination pool(String name);

    /**
     * A pool as the data path sees it.
     *
     * @param settings of the connections to its servers
     * @param furtherAttempts at other servers after the first
     * @param heldBytes of a request's content, kept so that it can be sent again
     */
    record Destination(Pool pool, UpstreamSettings settings, int furtherAttempts, int heldBytes) {}
}
