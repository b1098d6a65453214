package dev.weir;

import dev.weir.balance.Pool;
import dev.weir.observe.Meters;
import dev.weir.pool.Server;
import dev.weir.pool.ServerRegistry;
import java.util.List;
import java.util.function.Supplier;

/** What a scrape sees of servers and pools as they are now. */
final class Gauges {
    private Gauges() {}

    static void register(Meters meters, ServerRegistry servers, Supplier<List<Pool>> pools) {
        meters.gauge(
                "weir_server_requests_in_flight",
                "Requests sent or being sent to the server and not yet ended",
                List.of("pool", "server"),
                samples -> {
                    for (Server server : servers.servers()) {
                        samples.add(server.inFlight(), server.pool(), server.name());
                    }
                    for (Server server : servers.leaving()) {
                        samples.add(server.inFlight(), server.pool(), server.name());
                    }
                });
        meters.gauge(
                "weir_server_requests_limit",
                "How many requests a server may have now, where there is a limit",
                List.of("pool", "server"),
                samples -> {
                    for (Server server : servers.servers()) {
                        if (server.limit() != Server.UNLIMITED) {
                            samples.add(server.limit(), server.pool(), server.name());
                        }
                    }
                });
        meters.gauge(
                "weir_queue_length",
                "Requests that wait for a server of the pool",
                List.of("pool"),
                samples -> pools.get().forEach(pool -> samples.add(pool.line().length(), pool.name())));
    }
}
