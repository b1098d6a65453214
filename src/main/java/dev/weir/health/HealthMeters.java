package dev.weir.health;

import dev.weir.observe.Counter;
import dev.weir.observe.Meters;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;

/** What a scrape sees of the servers' health. */
final class HealthMeters {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final List<Reason> EJECTIONS =
            List.of(Reason.FAILURES, Reason.SLOW, Reason.STALLED, Reason.UNREACHABLE, Reason.PROBE_FAILED);

    private HealthMeters() {}

    static void register(Meters meters, Supplier<Collection<PoolHealth>> pools) {
        meters.gauge(
                "weir_server_state",
                "1 for the state that the server is in, 0 for all others.",
                List.of("pool", "server", "state"),
                samples -> each(pools, (pool, server) -> {
                    for (ServerState state : ServerState.values()) {
                        samples.add(server.shown() == state ? 1.0 : 0.0, pool, server.server.name(), state.id());
                    }
                }));
        meters.gauge(
                "weir_pool_panic",
                "1 while so few servers are up that requests go to servers that are not.",
                List.of("pool"),
                samples -> pools.get().forEach(pool -> samples.add(pool.panic() ? 1.0 : 0.0, pool.pool.name())));
        reasons(meters, pools);
        checks(meters, pools);
    }

    private static void reasons(Meters meters, Supplier<Collection<PoolHealth>> pools) {
        meters.counter(
                "weir_server_state_changes_total",
                "Changes of servers' states, by reason.",
                List.of("pool", "reason"),
                samples -> pools.get()
                        .forEach(pool -> pool.changes.forEach(
                                (reason, count) -> samples.add(count.get(), pool.pool.name(), reason.id()))));
        meters.counter(
                "weir_ejections_total",
                "Servers that were ejected because of their traffic, by reason.",
                List.of("pool", "reason"),
                samples -> pools.get()
                        .forEach(pool -> EJECTIONS.forEach(reason -> {
                            Counter count = pool.changes.get(reason);
                            samples.add(count == null ? 0 : count.get(), pool.pool.name(), reason.id());
                        })));
    }

    private static void checks(Meters meters, Supplier<Collection<PoolHealth>> pools) {
        meters.counter(
                "weir_health_checks_total",
                "Checks of the server that ended, by result.",
                List.of("pool", "server", "result"),
                samples -> each(pools, (pool, server) -> {
                    samples.add(server.checksPassed.get(), pool, server.server.name(), "passed");
                    samples.add(server.checksFailed.get(), pool, server.server.name(), "failed");
                }));
        meters.counter(
                "weir_health_check_seconds_total",
                "Time that checks of the server took, all together.",
                List.of("pool", "server"),
                samples -> each(
                        pools,
                        (pool, server) ->
                                samples.add(server.checkNanos.get() / NANOS_PER_SECOND, pool, server.server.name())));
    }

    private interface Each {
        void server(String pool, ServerHealth server);
    }

    private static void each(Supplier<Collection<PoolHealth>> pools, Each action) {
        pools.get().forEach(pool -> pool.servers.forEach(server -> action.server(pool.pool.name(), server)));
    }
}
