package dev.weir;

import dev.weir.balance.Pool;
import dev.weir.config.PoolConfig;
import dev.weir.config.RouteConfig;
import dev.weir.config.WeirConfig;
import dev.weir.health.HealthKeeper;
import dev.weir.pool.ServerRegistry;
import dev.weir.proxy.Hedging;
import dev.weir.proxy.RequestPlan;
import dev.weir.proxy.RetryBudget;
import dev.weir.route.RouteTable;
import dev.weir.tls.Challenges;
import dev.weir.tls.ClientTls;
import dev.weir.tls.TlsKeeper;
import dev.weir.upstream.UpstreamSettings;
import java.util.ArrayList;
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
        Map<String, Pool> pools,
        RequestPlan.@Nullable Proofs proofs)
        implements RequestPlan {
    static Snapshot of(WeirConfig config, ServerRegistry servers, TlsKeeper tls, int loops) {
        Map<String, Pool> pools = new LinkedHashMap<>();
        Map<String, Destination> byPool = new LinkedHashMap<>();
        config.pools().forEach((name, pool) -> {
            Pool compiled = new Pool(name, pool, servers.acquire(name, pool.servers()));
            pools.put(name, compiled);
            byPool.put(name, destination(compiled, pool, tls.pool(name), loops));
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
                Map.copyOf(byPool),
                Map.copyOf(pools),
                challenges == null ? null : challenges::answer);
    }

    private static Destination destination(Pool pool, PoolConfig config, @Nullable ClientTls tls, int loops) {
        PoolConfig.Retry retry = config.retry();
        long now = System.nanoTime();
        Hedging hedging = config.hedging().enabled()
                ? new Hedging(new RetryBudget(loops, config.hedging().share(), 0, now))
                : null;
        return new Destination(
                pool,
                UpstreamSettings.of(config, tls),
                retry,
                new RetryBudget(loops, retry.budget(), retry.budgetFloor(), now),
                hedging);
    }

    /** One pool needs no routes. */
    private static List<RouteConfig> everythingTo(WeirConfig config) {
        return config.pools().keySet().stream()
                .map(pool -> new RouteConfig(new RouteConfig.Match("", "", List.of(), Map.of()), pool))
                .toList();
    }

    /** The pools whose servers' health is to be kept. */
    List<HealthKeeper.Kept> kept() {
        return byPool.values().stream()
                .map(each -> new HealthKeeper.Kept(
                        each.pool(), each.pool().config(), each.pool().servers(), each.settings()))
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
