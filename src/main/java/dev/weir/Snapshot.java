package dev.weir;

import dev.weir.balance.Pool;
import dev.weir.config.PoolConfig;
import dev.weir.config.RouteConfig;
import dev.weir.config.WeirConfig;
import dev.weir.proxy.Hedging;
import dev.weir.proxy.RequestPlan;
import dev.weir.proxy.RetryBudget;
import dev.weir.route.RouteTable;
import dev.weir.tls.Challenges;
import dev.weir.tls.TlsSet;
import dev.weir.upstream.UpstreamSettings;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What all requests need of one configuration, compiled; immutable, published by one volatile write. */
record Snapshot(
        RouteTable routes,
        List<RequestPlan.Destination> destinations,
        Map<String, RequestPlan.Destination> byPool,
        RequestPlan.@Nullable Proofs proofs)
        implements RequestPlan {
    /** Before there is a configuration. */
    static final Snapshot NONE = new Snapshot(RouteTable.of(List.of()), List.of(), Map.of(), null);

    /**
     * Compiles a configuration.
     *
     * @param pools those of the configuration, by name
     * @param former of the configuration before; what has not changed is taken from it
     */
    static Snapshot of(WeirConfig config, Map<String, Pool> pools, TlsSet tls, Snapshot former, int loops) {
        Map<String, Destination> byPool = new LinkedHashMap<>();
        config.pools().forEach((name, pool) -> {
            UpstreamSettings settings = UpstreamSettings.of(pool, tls.pool(name, pool));
            Pool balanced = Objects.requireNonNull(pools.get(name));
            byPool.put(name, destination(balanced, pool, settings, former.byPool.get(name), loops));
        });
        List<RouteConfig> routes = config.routes().isEmpty() ? everythingTo(config) : config.routes();
        List<Destination> destinations = new ArrayList<>();
        for (RouteConfig route : routes) {
            destinations.add(byPool.get(route.pool()));
        }
        Challenges challenges = tls.httpChallenges();
        return new Snapshot(
                RouteTable.of(routes),
                List.copyOf(destinations),
                Collections.unmodifiableMap(byPool),
                challenges == null ? null : challenges::answer);
    }

    /** Budgets go on where they are, and so do connections, which are told apart by their settings. */
    private static Destination destination(
            Pool pool, PoolConfig config, UpstreamSettings settings, @Nullable Destination former, int loops) {
        PoolConfig.Retry retry = config.retry();
        PoolConfig.Hedging copies = config.hedging();
        Destination same = former != null && former.pool() == pool ? former : null;
        long now = System.nanoTime();
        Hedging hedging = same == null ? null : same.hedging();
        if (!copies.enabled()) {
            hedging = null;
        } else if (hedging == null || hedging.percent() != copies.share()) {
            hedging = new Hedging(copies.share(), new RetryBudget(loops, copies.share(), 0, now));
        }
        return new Destination(
                pool,
                same != null && same.settings().equals(settings) ? same.settings() : settings,
                retry,
                same != null && same.retry().equals(retry)
                        ? same.budget()
                        : new RetryBudget(loops, retry.budget(), retry.budgetFloor(), now),
                hedging);
    }

    /** One pool needs no routes. */
    private static List<RouteConfig> everythingTo(WeirConfig config) {
        return config.pools().keySet().stream()
                .map(pool -> new RouteConfig(new RouteConfig.Match("", "", List.of(), Map.of()), pool))
                .toList();
    }

    @Override
    public Destination destination(int route) {
        return destinations.get(route);
    }

    @Override
    public Destination pool(String name) {
        return Objects.requireNonNull(byPool.get(name), "no such pool");
    }
}
