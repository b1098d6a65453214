package dev.weir.proxy;

import dev.weir.balance.Pool;
import dev.weir.route.RouteTable;
import dev.weir.upstream.UpstreamSettings;
import org.jspecify.annotations.Nullable;

/** Everything that a request needs to know of the configuration. Immutable; a request keeps the one it began with. */
public interface RequestPlan {
    RouteTable routes();

    /** Where the route with this index leads. */
    Destination destination(int route);

    /** The pool of this name, which the configuration has. */
    Destination pool(String name);

    /** What authorities are answered that verify a name before they certify it; null when none may come. */
    @Nullable Proofs proofs();

    /** For any loop. */
    interface Proofs {
        /** The answer to a request for this token (RFC 8555 section 8.3); null when nobody expects one. */
        @Nullable String answer(String token);
    }

    /**
     * A pool as the data path sees it.
     *
     * @param settings of the connections to its servers
     * @param furtherAttempts at other servers after the first
     * @param heldBytes of a request's content, kept so that it can be sent again
     */
    record Destination(Pool pool, UpstreamSettings settings, int furtherAttempts, int heldBytes) {}
}
