package dev.weir.observe;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What one event loop counts about one pool. The loop changes it, a scrape reads it. */
final class PoolMeters {
    final StatusCounters unserved = new StatusCounters();
    final RetryMeters retries = new RetryMeters();
    final Histogram queued = new Histogram();
    // What removed servers had recorded: the pool's histograms must not shrink when a server goes.
    final Histogram formerDurations = new Histogram();
    final Histogram formerConnects = new Histogram();
    final Histogram formerFirstBytes = new Histogram();
    // With one writer the map's locks are never waited for; its readers take none.
    final Map<String, ServerMeters> servers = new ConcurrentHashMap<>();

    ServerMeters server(String name) {
        return servers.computeIfAbsent(name, key -> new ServerMeters());
    }

    void forget(String name) {
        @Nullable ServerMeters server = servers.remove(name);
        if (server != null) {
            server.durations.mergeInto(formerDurations);
            server.connect.mergeInto(formerConnects);
            server.firstByte.mergeInto(formerFirstBytes);
        }
    }
}
