package dev.weir.control;

import dev.weir.config.Address;
import dev.weir.config.ConfigPart;
import dev.weir.config.PoolConfig;
import dev.weir.config.PoolConfig.ServerConfig;
import dev.weir.config.RouteConfig;
import dev.weir.control.Overlay.AddedRoute;
import dev.weir.control.Overlay.PoolEdit;
import dev.weir.control.Overlay.ServerEdit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A change of what holds, as a function of it: it is computed anew when something else came between. An edit that brings
 * back what the file says leaves no trace in the overlay.
 */
@FunctionalInterface
public interface Edit {
    /** The overlay with the change. */
    Overlay on(State state) throws Refused;

    /** A new server of a pool. */
    static Edit addServer(String pool, ServerConfig server) {
        return state -> {
            requirePool(state, pool);
            String address = server.address().canonical();
            if (state.server(pool, address) != null) {
                throw new Refused(
                        Refused.Why.CONFLICT,
                        "The pool '" + pool + "' has the server " + server.address() + " already.");
            }
            return put(state, pool, server);
        };
    }

    /** A server of a pool as it is to be, new or not. */
    static Edit putServer(String pool, ServerConfig server) {
        return state -> {
            requirePool(state, pool);
            return put(state, pool, server);
        };
    }

    private static Overlay put(State state, String pool, ServerConfig server) {
        String address = server.address().canonical();
        return server.equals(state.underlying(pool, address))
                ? state.overlay().without(pool, address)
                : state.overlay().with(pool, address, new ServerEdit.Added(server));
    }

    /**
     * Other values of some keys of a server.
     *
     * @param values by the keys' names as in a file
     * @param restored keys that are to be as the file, or the default, has them
     */
    static Edit changeServer(String pool, Address server, Map<String, Object> values, Set<String> restored) {
        return state -> {
            String address = server.canonical();
            ServerConfig known = requireServer(state, pool, server);
            ServerConfig under = state.underlying(pool, address);
            if (under == null || state.overlay().server(pool, address) instanceof ServerEdit.Added) {
                Map<String, Object> all = new LinkedHashMap<>(
                        ConfigPart.values(under == null ? ServerConfig.of(server) : under, restored));
                all.putAll(values);
                return put(state, pool, ConfigPart.with(known, all));
            }
            Map<String, Object> all = new LinkedHashMap<>();
            if (state.overlay().server(pool, address) instanceof ServerEdit.Changed before) {
                all.putAll(before.values());
            }
            all.putAll(values);
            all.keySet().removeAll(restored);
            all.entrySet()
                    .removeIf(each ->
                            ConfigPart.values(under, Set.of(each.getKey())).containsValue(each.getValue()));
            return all.isEmpty()
                    ? state.overlay().without(pool, address)
                    : state.overlay().with(pool, address, new ServerEdit.Changed(all));
        };
    }

    /** A server less. */
    static Edit removeServer(String pool, Address server) {
        return state -> {
            requireServer(state, pool, server);
            String address = server.canonical();
            return state.underlying(pool, address) == null
                    ? state.overlay().without(pool, address)
                    : state.overlay().with(pool, address, new ServerEdit.Removed());
        };
    }

    /** A pool as it is to be, new or not; what was changed of its single servers is included in what is wanted. */
    static Edit putPool(String name, PoolConfig pool) {
        return state -> pool.equals(state.base().pools().get(name))
                ? state.overlay().without(name)
                : state.overlay().with(name, new PoolEdit.Put(pool));
    }

    /** A pool less. */
    static Edit removePool(String name) {
        return state -> {
            requirePool(state, name);
            String user = Routes.user(state.config(), name);
            if (user != null) {
                String way = user.charAt(0) == 't' ? "T" + user.substring(1) : user;
                throw new Refused(Refused.Why.CONFLICT, way + " leads to the pool '" + name + "'; change that first.");
            }
            if (state.config().pools().size() == 1) {
                throw new Refused(Refused.Why.CONFLICT, "The last pool cannot be removed.");
            }
            return state.base().pools().containsKey(name)
                    ? state.overlay().with(name, new PoolEdit.Removed())
                    : state.overlay().without(name);
        };
    }

    /**
     * A new route.
     *
     * @param before the id of the route before which it stands; empty for the first place
     */
    static Edit addRoute(RouteConfig route, String before) {
        return state -> {
            if (!state.config().pools().containsKey(route.pool())) {
                throw new Refused(Refused.Why.UNSOUND, "There is no pool '" + route.pool() + "'.");
            }
            List<String> ids = Routes.ids(Routes.spelledOut(state.config()));
            if (!before.isEmpty() && !ids.contains(before)) {
                throw new Refused(
                        Refused.Why.UNSOUND, "There is no route '" + before + "' before which it could stand.");
            }
            String id = Routes.ids(List.of(route)).getFirst();
            if (ids.contains(id)) {
                throw new Refused(Refused.Why.CONFLICT, "There is a route '" + id + "' already.");
            }
            return state.overlay().with(new AddedRoute(route, before));
        };
    }

    /** A route less. */
    static Edit removeRoute(String id) {
        return state -> {
            List<RouteConfig> routes = Routes.spelledOut(state.config());
            if (!Routes.ids(routes).contains(id)) {
                throw new Refused(Refused.Why.MISSING, "There is no route '" + id + "'.");
            }
            if (routes.size() == 1) {
                throw new Refused(Refused.Why.CONFLICT, "The last route cannot be removed.");
            }
            for (AddedRoute added : state.overlay().routes()) {
                if (Routes.ids(List.of(added.route())).getFirst().equals(id)) {
                    return state.overlay().without(added);
                }
            }
            return state.overlay().withRemoved(id);
        };
    }

    /** Nothing is changed any more of what the file says. */
    static Edit forgetAll() {
        return _ -> Overlay.NONE;
    }

    private static void requirePool(State state, String pool) throws Refused {
        if (state.pool(pool) == null) {
            throw new Refused(Refused.Why.MISSING, "There is no pool '" + pool + "'.");
        }
    }

    private static ServerConfig requireServer(State state, String pool, Address server) throws Refused {
        requirePool(state, pool);
        ServerConfig known = state.server(pool, server.canonical());
        if (known == null) {
            throw new Refused(Refused.Why.MISSING, "The pool '" + pool + "' has no server '" + server + "'.");
        }
        return known;
    }
}
