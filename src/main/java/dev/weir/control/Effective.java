package dev.weir.control;

import dev.weir.config.ConfigPart;
import dev.weir.config.PoolConfig;
import dev.weir.config.PoolConfig.ServerConfig;
import dev.weir.config.RouteConfig;
import dev.weir.config.WeirConfig;
import dev.weir.control.Overlay.AddedRoute;
import dev.weir.control.Overlay.PoolEdit;
import dev.weir.control.Overlay.ServerEdit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The configuration that holds: the file's, with what the API changed laid over it, and the servers that were discovered.
 *
 * @param idle changes that have nothing to be laid over at present
 */
public record Effective(WeirConfig config, List<Idle> idle) {
    public Effective {
        idle = List.copyOf(idle);
    }

    /** A change that does nothing at present, as in "the server 10.0.0.1:80 of the pool web is removed", and why. */
    public record Idle(String change, String why) {}

    /**
     * Lays one over the other.
     *
     * @param discovered the servers of each pool, by source
     */
    static Effective of(WeirConfig base, Overlay overlay, Map<String, Map<String, List<ServerConfig>>> discovered) {
        if (overlay.isEmpty() && discovered.isEmpty()) {
            return new Effective(base, List.of());
        }
        return new Laying(base, overlay, discovered).effective();
    }

    /** The same without the changes of single servers: what those are changes of. */
    static Effective underlying(
            WeirConfig base, Overlay overlay, Map<String, Map<String, List<ServerConfig>>> discovered) {
        return of(base, new Overlay(overlay.pools(), Map.of(), overlay.routes(), overlay.removedRoutes()), discovered);
    }

    private static final class Laying {
        private final WeirConfig base;
        private final Overlay overlay;
        private final Map<String, Map<String, List<ServerConfig>>> discovered;
        private final List<Idle> idle = new ArrayList<>();

        Laying(WeirConfig base, Overlay overlay, Map<String, Map<String, List<ServerConfig>>> discovered) {
            this.base = base;
            this.overlay = overlay;
            this.discovered = discovered;
        }

        Effective effective() {
            Map<String, PoolConfig> pools = new LinkedHashMap<>(base.pools());
            overlay.pools().forEach((name, edit) -> {
                if (edit instanceof PoolEdit.Put put) {
                    pools.put(name, put.config());
                }
            });
            List<RouteConfig> routes = routes(pools.keySet());
            WeirConfig routed = ConfigPart.with(base, Map.of("pools", pools, "routes", routes));
            overlay.pools().forEach((name, edit) -> {
                if (edit instanceof PoolEdit.Removed) {
                    remove(name, pools, routed);
                }
            });
            pools.replaceAll(this::servers);
            overlay.servers().forEach((pool, edits) -> {
                if (!pools.containsKey(pool)) {
                    edits.forEach((address, edit) ->
                            idle(change(pool, address, edit), "there is no pool '" + pool + "' now"));
                }
            });
            return new Effective(ConfigPart.with(routed, Map.of("pools", pools)), idle);
        }

        private void remove(String pool, Map<String, PoolConfig> pools, WeirConfig routed) {
            String user = Routes.user(routed, pool);
            if (!pools.containsKey(pool)) {
                idle("the pool " + pool + " is removed", "the file does not have it");
            } else if (user != null) {
                idle("the pool " + pool + " is removed", user + " leads to it");
            } else {
                pools.remove(pool);
            }
        }

        /** The file's own, in the file's very list, unless something was changed of them or of the pools. */
        private List<RouteConfig> routes(Set<String> pools) {
            if (overlay.routes().isEmpty()
                    && overlay.removedRoutes().isEmpty()
                    && overlay.pools().isEmpty()) {
                return base.routes();
            }
            List<RouteConfig> routes = new ArrayList<>(Routes.spelledOut(base));
            List<String> ids = new ArrayList<>(Routes.ids(routes));
            for (String removed : overlay.removedRoutes()) {
                int at = ids.indexOf(removed);
                if (at < 0) {
                    idle("the route " + removed + " is removed", "the file does not have it");
                } else if (routes.size() == 1) {
                    idle("the route " + removed + " is removed", "it is the only one now");
                } else {
                    routes.remove(at);
                    ids.remove(at);
                }
            }
            for (AddedRoute added : overlay.routes()) {
                add(added, routes, ids, pools);
            }
            return routes;
        }

        private void add(AddedRoute added, List<RouteConfig> routes, List<String> ids, Set<String> pools) {
            String id = Routes.ids(List.of(added.route())).getFirst();
            String change = "the route " + id + " is added";
            int at = added.before().isEmpty() ? 0 : ids.indexOf(added.before());
            if (ids.contains(id)) {
                idle(change, "the file has it too");
            } else if (!pools.contains(added.route().pool())) {
                idle(change, "there is no pool '" + added.route().pool() + "' now");
            } else if (at < 0) {
                idle(change, "the route " + added.before() + ", before which it is to stand, is not there now");
            } else {
                routes.add(at, added.route());
                ids.add(at, id);
            }
        }

        /** The file's servers in their order, then discovered ones by source, then added ones. */
        private PoolConfig servers(String name, PoolConfig pool) {
            Map<String, ServerEdit> edits = overlay.servers().getOrDefault(name, Map.of());
            Map<String, List<ServerConfig>> found = discovered.getOrDefault(name, Map.of());
            if (edits.isEmpty() && found.isEmpty()) {
                return pool;
            }
            Map<String, ServerConfig> servers = new LinkedHashMap<>();
            pool.servers().forEach(server -> servers.put(server.address().canonical(), server));
            found.values()
                    .forEach(list -> list.forEach(
                            server -> servers.putIfAbsent(server.address().canonical(), server)));
            edits.forEach((address, edit) -> lay(name, address, edit, servers));
            return ConfigPart.with(pool, Map.of("servers", List.copyOf(servers.values())));
        }

        private void lay(String pool, String address, ServerEdit edit, Map<String, ServerConfig> servers) {
            ServerConfig known = servers.get(address);
            switch (edit) {
                case ServerEdit.Added added -> servers.put(address, added.config());
                case ServerEdit.Removed _ when known != null -> servers.remove(address);
                case ServerEdit.Changed changed
                when known != null -> servers.put(address, ConfigPart.with(known, changed.values()));
                default -> idle(change(pool, address, edit), "the server is neither in the file nor discovered now");
            }
        }

        private static String change(String pool, String address, ServerEdit edit) {
            String server = "the server " + address + " of the pool " + pool;
            return switch (edit) {
                case ServerEdit.Added _ -> server + " is added";
                case ServerEdit.Removed _ -> server + " is removed";
                case ServerEdit.Changed changed ->
                    server + " has another "
                            + String.join(
                                    ", ", new LinkedHashSet<>(changed.values().keySet()));
            };
        }

        private void idle(String change, String why) {
            idle.add(new Idle(change, why));
        }
    }
}
