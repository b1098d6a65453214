package dev.weir.control;

import dev.weir.config.PoolConfig;
import dev.weir.config.PoolConfig.ServerConfig;
import dev.weir.config.RouteConfig;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the admin API changed of the configuration. Immutable. It is laid over whatever the file says by {@link Effective};
 * a change that has nothing to be laid over waits.
 *
 * @param pools changes of whole pools, by name
 * @param servers changes of single servers, by pool and by the canonical text of the address
 * @param routes routes that were added, in the order in which they were
 * @param removedRoutes the ids of routes of the file that were removed
 */
public record Overlay(
        Map<String, PoolEdit> pools,
        Map<String, Map<String, ServerEdit>> servers,
        List<AddedRoute> routes,
        Set<String> removedRoutes) {
    /** Nothing was changed. */
    public static final Overlay NONE = new Overlay(Map.of(), Map.of(), List.of(), Set.of());

    public Overlay {
        pools = Collections.unmodifiableMap(new LinkedHashMap<>(pools));
        Map<String, Map<String, ServerEdit>> copy = new LinkedHashMap<>();
        servers.forEach((pool, edits) -> copy.put(pool, Collections.unmodifiableMap(new LinkedHashMap<>(edits))));
        servers = Collections.unmodifiableMap(copy);
        routes = List.copyOf(routes);
        removedRoutes = Collections.unmodifiableSet(new LinkedHashSet<>(removedRoutes));
    }

    /** A change of a whole pool. */
    public sealed interface PoolEdit {
        /** It is so, whatever the file says of it. */
        record Put(PoolConfig config) implements PoolEdit {}

        /** It is not there. */
        record Removed() implements PoolEdit {}
    }

    /** A change of one server. */
    public sealed interface ServerEdit {
        /** It is there, and so, whatever the file says of it. */
        record Added(ServerConfig config) implements ServerEdit {}

        /** It is not there. */
        record Removed() implements ServerEdit {}

        /**
         * Where it is there, some of its keys have other values.
         *
         * @param values by the keys' names as in a file
         */
        record Changed(Map<String, Object> values) implements ServerEdit {
            public Changed {
                values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
            }
        }
    }

    /**
     * A route that was added.
     *
     * @param before the id of the route before which it stands; empty for the first place
     */
    public record AddedRoute(RouteConfig route, String before) {}

    /** Whether nothing was changed. */
    public boolean isEmpty() {
        return equals(NONE);
    }

    /** How many things were changed. */
    public int size() {
        return pools.size()
                + servers.values().stream().mapToInt(Map::size).sum()
                + routes.size()
                + removedRoutes.size();
    }

    @Nullable ServerEdit server(String pool, String address) {
        return servers.getOrDefault(pool, Map.of()).get(address);
    }

    /** With this change of a pool; what was changed of its single servers is forgotten with it. */
    Overlay with(String pool, PoolEdit edit) {
        Map<String, PoolEdit> changed = new LinkedHashMap<>(pools);
        changed.put(pool, edit);
        return new Overlay(changed, withoutServers(pool), routes, removedRoutes);
    }

    /** Without any change of this pool and its servers. */
    Overlay without(String pool) {
        Map<String, PoolEdit> changed = new LinkedHashMap<>(pools);
        changed.remove(pool);
        return new Overlay(changed, withoutServers(pool), routes, removedRoutes);
    }

    private Map<String, Map<String, ServerEdit>> withoutServers(String pool) {
        Map<String, Map<String, ServerEdit>> changed = new LinkedHashMap<>(servers);
        changed.remove(pool);
        return changed;
    }

    Overlay with(String pool, String address, ServerEdit edit) {
        Map<String, ServerEdit> edits = new LinkedHashMap<>(servers.getOrDefault(pool, Map.of()));
        edits.put(address, edit);
        return withServers(pool, edits);
    }

    Overlay without(String pool, String address) {
        Map<String, ServerEdit> edits = new LinkedHashMap<>(servers.getOrDefault(pool, Map.of()));
        edits.remove(address);
        return withServers(pool, edits);
    }

    private Overlay withServers(String pool, Map<String, ServerEdit> edits) {
        Map<String, Map<String, ServerEdit>> changed = new LinkedHashMap<>(servers);
        if (edits.isEmpty()) {
            changed.remove(pool);
        } else {
            changed.put(pool, edits);
        }
        return new Overlay(pools, changed, routes, removedRoutes);
    }

    Overlay with(AddedRoute route) {
        List<AddedRoute> changed = new ArrayList<>(routes);
        changed.add(route);
        return new Overlay(pools, servers, changed, removedRoutes);
    }

    Overlay without(AddedRoute route) {
        List<AddedRoute> changed = new ArrayList<>(routes);
        changed.remove(route);
        return new Overlay(pools, servers, changed, removedRoutes);
    }

    Overlay withRemoved(String route) {
        Set<String> changed = new LinkedHashSet<>(removedRoutes);
        changed.add(route);
        return new Overlay(pools, servers, routes, changed);
    }
}
