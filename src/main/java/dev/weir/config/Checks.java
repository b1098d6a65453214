package dev.weir.config;

import java.net.Inet6Address;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What no single value can be wrong about: names that must exist, addresses that must differ, routes never reached. */
final class Checks {
    static final Set<String> KNOWN_METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT");

    private final WeirConfig config;
    private final ConfigPlaces places;
    private final Problems problems;

    Checks(WeirConfig config, ConfigPlaces places, Problems problems) {
        this.config = config;
        this.places = places;
        this.problems = problems;
    }

    void run() {
        checkBinds();
        ProtocolChecks protocols = new ProtocolChecks(places, problems);
        config.listeners()
                .forEach(listener -> protocols.check(listener, config.pools().keySet()));
        protocols.warnOfUnreachable(config.listeners());
        config.pools().values().forEach(protocols::check);
        config.pools().values().forEach(new HealthChecks(places, problems)::check);
        DiscoveryChecks discovery = new DiscoveryChecks(places, problems);
        discovery.check(config.resolver());
        config.pools().values().forEach(discovery::check);
        config.pools().forEach(this::checkPool);
        checkAdmin();
        if (!config.pools().isEmpty()) {
            checkPoolNames();
        }
        checkOrder();
        checkRouteNames();
        config.routes().forEach(this::checkMethods);
    }

    /** What can be told of one pool alone. */
    static void run(PoolConfig pool, ConfigPlaces places, Problems problems) {
        WeirConfig alone = WeirConfig.of(List.of(), Map.of());
        new ProtocolChecks(places, problems).check(pool);
        new HealthChecks(places, problems).check(pool);
        new DiscoveryChecks(places, problems).check(pool);
        new Checks(alone, places, problems).checkTwice(pool);
    }

    private void checkBinds() {
        Map<String, Place> taken = new HashMap<>();
        for (ListenerConfig listener : config.listeners()) {
            checkBind(listener.bind(), places.of(listener, "bind"), taken);
        }
        if (config.admin() != null) {
            checkBind(config.admin().bind(), places.of(config.admin(), "bind"), taken);
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

    /** Names of hosts are left to the start, which looks them up. */
    private void checkAdmin() {
        WeirConfig.AdminConfig admin = config.admin();
        if (admin == null) {
            return;
        }
        boolean token = !admin.tokenFile().isEmpty() || !admin.tokenEnv().isEmpty();
        if (!admin.tokenFile().isEmpty() && !admin.tokenEnv().isEmpty()) {
            problems.error(places.of(admin, "token-env"), "there is a 'token-file' too", "", "leave one of them out");
        } else if (!token && admin.bind() instanceof Address.Inet inet && isForOthers(inet.host())) {
            String hint = "bind it to 127.0.0.1:" + inet.port() + " or unix:/path, or add 'token-file' or 'token-env'";
            problems.error(
                    places.of(admin, "bind"), "whoever reaches " + inet + " could rule Weir without a token", "", hint);
        }
    }

    private static boolean isForOthers(String host) {
        if (AddressParser.isIpv4(host)) {
            return !host.startsWith("127.");
        }
        byte[] bytes = AddressParser.ipv6(host);
        boolean loopback = bytes.length == 16 && Inet6Address.ofLiteral(host).isLoopbackAddress();
        return host.isEmpty() || (bytes.length == 16 && !loopback);
    }

    private void checkPool(String name, PoolConfig pool) {
        checkTwice(pool);
        if (!pool.discover().isEmpty()) {
            return; // it gets servers that are not known here
        }
        if (pool.servers().isEmpty()) {
            problems.warning(
                    places.of(pool), "the pool '" + name + "' has no server", "it answers everything with 503");
        } else if (pool.servers().stream().allMatch(server -> server.weight() == 0)) {
            String found = "every server of the pool '" + name + "' has weight 0";
            problems.warning(places.of(pool), found, "it answers everything with 503");
        }
    }

    private void checkTwice(PoolConfig pool) {
        Map<String, Place> seen = new HashMap<>();
        for (PoolConfig.ServerConfig server : pool.servers()) {
            Place place = places.of(server, "address");
            Place first = seen.putIfAbsent(AddressParser.canonical(server.address()), place);
            if (first != null) {
                String hint = "the first is on line " + first.line() + "; for a larger share give it a weight";
                problems.error(place, "the server " + server.address() + " is in this pool twice", "", hint);
            }
        }
    }

    private void checkPoolNames() {
        Set<String> used = new HashSet<>();
        config.listeners().forEach(listener -> used.addAll(ProtocolChecks.pools(listener.tls())));
        for (RouteConfig route : config.routes()) {
            used.add(route.pool());
            if (!config.pools().containsKey(route.pool())) {
                String hint = Nearest.hint(route.pool(), "pools", config.pools().keySet());
                problems.error(places.of(route, "pool"), "unknown pool '" + route.pool() + "'", "", hint);
            }
        }
        if (!config.routes().isEmpty()) {
            warnOfUnused(used);
        } else if (config.pools().size() > 1 && !places.isWritten(config, "routes")) {
            String found = "there are " + config.pools().size() + " pools and no routes to choose between them";
            problems.error(places.of(config, "pools"), found, "", "add 'routes'");
        }
    }

    private void warnOfUnused(Set<String> used) {
        config.pools().forEach((name, pool) -> {
            if (!used.contains(name)) {
                problems.warning(places.of(pool), "no route leads to the pool '" + name + "'", "");
            }
        });
    }

    private void checkOrder() {
        Map<RouteConfig.Match, Place> seen = new HashMap<>();
        Place all = null;
        for (RouteConfig route : config.routes()) {
            Place place = places.of(route);
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

    private void checkRouteNames() {
        Map<String, Place> seen = new HashMap<>();
        for (RouteConfig route : config.routes()) {
            Place place = places.of(route, "name");
            Place first = route.name().isEmpty() ? null : seen.putIfAbsent(route.name(), place);
            if (first != null) {
                String found = "there is another route '" + route.name() + "'";
                problems.error(place, found, "", "the first is on line " + first.line());
            }
        }
    }

    private void checkMethods(RouteConfig route) {
        List<String> methods = route.match().methods();
        for (String method : methods) {
            String upper = method.toUpperCase(Locale.ROOT);
            if (!upper.equals(method) && KNOWN_METHODS.contains(upper)) {
                Place place = places.of(route.match(), "methods");
                problems.warning(
                        place, "the method '" + method + "' is not '" + upper + "'", "case matters in methods");
            }
        }
    }
}
