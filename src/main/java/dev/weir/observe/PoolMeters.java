package dev.weir.observe;

import java.util.HashMap;
import java.util.Map;

/** What one event loop counts about one pool. */
final class PoolMeters {
    final StatusCounters unserved = new StatusCounters();
    final String name;
    private final Map<String, ServerMeters> servers = new HashMap<>();

    PoolMeters(String name) {
        this.name = name;
    }

    ServerMeters server(String server) {
        return servers.computeIfAbsent(server, ServerMeters::new);
    }

    void forget(String server) {
        servers.remove(server);
    }
}
