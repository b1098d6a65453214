package dev.weir;

import dev.weir.balance.Pool;
import dev.weir.config.PoolConfig;
import dev.weir.config.WeirConfig;
import dev.weir.health.HealthKeeper;
import dev.weir.pool.Server;
import dev.weir.pool.ServerRegistry;
import dev.weir.pool.ServerSet;
import dev.weir.upstream.UpstreamSettings;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The pools of a running Weir with their servers. They outlive configurations: a change keeps what is known of the pools
 * and servers that stay. Control plane; changed by one thread at a time.
 */
final class Pools {
    private final ServerRegistry servers;
    private final HealthKeeper health;
    private final NameResolution names;
    private volatile Map<String, Entry> entries = Map.of();

    private record Entry(Pool pool, PoolConfig config, ServerSet servers, UpstreamSettings settings) {}

    Pools(ServerRegistry servers, HealthKeeper health, NameResolution names) {
        this.servers = servers;
        this.health = health;
        this.names = names;
    }

    /** Those of the configuration, in its order. */
    List<Pool> all() {
        return entries.values().stream().map(Entry::pool).toList();
    }

    /** A change that has begun. */
    final class Change {
        private final Map<String, Entry> former = entries;
        private final Map<String, Entry> next = new LinkedHashMap<>();
        /** What was acquired before, of the pools that have changed or gone. */
        private final List<ServerSet> replaced = new ArrayList<>();

        /** The pools by name, new ones included. */
        Map<String, Pool> pools() {
            Map<String, Pool> pools = new HashMap<>();
            next.forEach((name, entry) -> pools.put(name, entry.pool()));
            return pools;
        }

        /**
         * Gives the pools their new configurations and servers; requests get to new servers from now on, and not to those
         * that go.
         */
        void apply(Snapshot snapshot) {
            List<HealthKeeper.Kept> kept = new ArrayList<>();
            next.replaceAll((name, entry) -> {
                UpstreamSettings settings = snapshot.pool(name).settings();
                Entry before = former.get(name);
                if (before != null
                        && before.config().equals(entry.config())
                        && before.settings().equals(settings)) {
                    return before;
                }
                kept.add(new HealthKeeper.Kept(entry.pool(), entry.config(), entry.servers(), settings));
                return new Entry(entry.pool(), entry.config(), entry.servers(), settings);
            });
            health.keep(kept);
            entries = Collections.unmodifiableMap(next);
        }

        /** Ends what is gone. To be called when no loop begins anything by the former snapshot any more. */
        List<Server> finish() {
            Set<Server> gone = new HashSet<>();
            replaced.forEach(set -> set.forEach(gone::add));
            next.values().forEach(entry -> entry.servers().forEach(gone::remove));
            health.forget(gonePools());
            replaced.forEach(servers::release);
            return List.copyOf(gone);
        }

        List<String> gonePools() {
            return former.keySet().stream()
                    .filter(name -> !next.containsKey(name))
                    .toList();
        }
    }

    /** Begins to change to this configuration: its servers are there from now on, but get no requests yet. */
    Change change(WeirConfig config) {
        Change change = new Change();
        List<Server> added = new ArrayList<>();
        config.pools().forEach((name, pool) -> {
            Entry before = change.former.get(name);
            if (before != null && before.config().equals(pool)) {
                change.next.put(name, before);
                return;
            }
            ServerSet set = servers.acquire(name, pool.servers());
            set.forEach(server -> {
                if (server.endpoints().length == 0) {
                    added.add(server);
                }
            });
            Pool balanced = before == null ? new Pool(name, pool, set) : before.pool();
            change.next.put(name, new Entry(balanced, pool, set, UpstreamSettings.of(pool, null)));
            if (before != null) {
                change.replaced.add(before.servers());
            }
        });
        change.former.forEach((name, entry) -> {
            if (!change.next.containsKey(name)) {
                change.replaced.add(entry.servers());
            }
        });
        names.resolve(added);
        return change;
    }
}
