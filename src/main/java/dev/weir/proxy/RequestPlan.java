package dev.weir.proxy;

import dev.weir.balance.Pool;
import dev.weir.config.PoolConfig;
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
     * @param hedging null when no request is sent twice for being slow
     */
    record Destination(
            Pool pool,
            UpstreamSettings settings,
            PoolConfig.Retry retry,
            RetryBudget budget,
            @Nullable Hedging hedging) {
        /** Whether an answer of this length is held until it is complete. */
        boolean holds(long length) {
            return length > 0 && length <= retry.responseBytes() && retry.attempts() > 0;
        }
    }
}
