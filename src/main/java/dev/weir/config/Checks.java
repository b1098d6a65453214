package dev.weir.config;

import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What no single value can be wrong about: names that must exist, addresses that must differ, routes never reached. */
final class Checks {
    private static final Set<String> KNOWN_METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT");

    private final WeirConfig config;
    private final IdentityHashMap<Object, Binder.Places> places;
    private final Problems problems;

    Checks(WeirConfig config, IdentityHashMap<Object, Binder.Places> places, Problems problems) {
        this.config = config;
        this.places = places;
        this.problems = problems;
    }

    void run() {
        checkBinds();
        config.pools().forEach(this::checkPool);
        if (!config.pools().isEmpty()) {
            checkPoolNames();
        }
        checkOrder();
        config.routes().forEach(this::checkMethods);
    }

    private void checkBinds() {
        Map<String, Place> taken = new HashMap<>();
        for (ListenerConfig listener : config.listeners()) {
            checkBind(listener.bind(), placeOf(listener, "bind"), taken);
        }
        if (config.admin() != null) {
            checkBind(config.admin().bind(), placeOf(config.admin(), "bind"), taken);
        }
    }

    private void checkBind(Address bind, Place place, Map<String, Place> taken) {
        if (bind instanceof Address.Inet inet && inet.port() == 0) {
            return; // the system chooses a different port each time
        }
        Place first = taken.putIfAbsent(AddressParser.canonical(bind), place);
        if (first != null) {
            problems.error(place, bind + " is taken already", "", "by " + first.path() + " on line " + first.line());
        }
    }

    private void checkPool(String name, PoolConfig pool) {
        Map<String, Place> seen = new HashMap<>();
        for (PoolConfig.ServerConfig server : pool.servers()) {
            Place place = placeOf(server, "address");
            Place first = seen.putIfAbsent(AddressParser.canonical(server.address()), place);
            if (first != null) {
                String hint = "the first is on line " + first.line() + "; for a larger share give it a weight";
                problems.error(place, "the server " + server.address() + " is in this pool twice", "", hint);
            }
        }
        if (pool.servers().isEmpty()) {
            problems.warning(placeOf(pool), "the pool '" + name + "' has no server", "it answers everything with 503");
        } else if (pool.servers().stream().allMatch(server -> server.weight() == 0)) {
            String found = "every server of the pool '" + name + "' has weight 0";
            problems.warning(placeOf(pool), found, "it answers everything with 503");
        }
    }

    private void checkPoolNames() {
        Set<String> used = new HashSet<>();
        for (RouteConfig route : config.routes()) {
            used.add(route.pool());
            if (!config.pools().containsKey(route.pool())) {
                String hint = Nearest.hint(route.pool(), "pools", config.pools().keySet());
                problems.error(placeOf(route, "pool"), "unknown pool '" + route.pool() + "'", "", hint);
            }
        }
        if (!config.routes().isEmpty()) {
            warnOfUnused(used);
        } else if (config.pools().size() > 1 && !places(config).keys().containsKey("routes")) {
            String found = "there are " + config.pools().size() + " pools and no routes to choose between them";
            problems.error(placeOf(config, "pools"), found, "", "add 'routes'");
        }
    }

    private void warnOfUnused(Set<String> used) {
        config.pools().forEach((name, pool) -> {
            if (!used.contains(name)) {
                problems.warning(placeOf(pool), "no route leads to the pool '" + name + "'", "");
            }
        });
    }

    private void checkOrder() {
        Map<RouteConfig.Match, Place> seen = new HashMap<>();
        Place all = null;
        for (RouteConfig route : config.routes()) {
            Place place = placeOf(route);
            Place same = seen.putIfAbsent(route.match(), place);
            if (all != null) {
                problems.warning(
                        place, "this route is never reached", "the one on line " + all.line() + " takes everything");
            } else if (same != null) {
                problems.warning(
                        place, "this route is never reached", "the one on line " + same.line() + " matches the same");
            }
            if (all == null && route.match().matchesEverything()) {
                all = place;
            }
        }
    }

    private void checkMethods(RouteConfig route) {
        List<String> methods = route.match().methods();
        for (String method : methods) {
            String upper = method.toUpperCase(Locale.ROOT);
            if (!upper.equals(method) && KNOWN_METHODS.contains(upper)) {
                Place place = placeOf(route.match(), "methods");
                problems.warning(
                        place, "the method '" + method + "' is not '" + upper + "'", "case matters in methods");
            }
        }
    }

    private Binder.Places places(Object made) {
        return places.getOrDefault(made, new Binder.Places(new Place("", 0, 0), Map.of()));
    }

    private Place placeOf(Object made) {
        return places(made).own();
    }

    private Place placeOf(Object made, String key) {
        return places(made).of(key);
    }
}
