package dev.weir.control;

import dev.weir.config.ListenerConfig;
import dev.weir.config.ListenerTls;
import dev.weir.config.RouteConfig;
import dev.weir.config.WeirConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What routes are called, and who leads to a pool. */
public final class Routes {
    private Routes() {}

    /** The id of each route: its name, or a digest of its content; the second of two equal ones is told apart by a number. */
    public static List<String> ids(List<RouteConfig> routes) {
        List<String> ids = new ArrayList<>();
        Map<String, Integer> seen = new HashMap<>();
        for (RouteConfig route : routes) {
            String id = route.name().isEmpty() ? Digest.of(route) : route.name();
            int times = seen.merge(id, 1, Integer::sum);
            ids.add(times == 1 ? id : id + "." + times);
        }
        return ids;
    }

    /** A configuration without routes sends everything to its pools; these are the routes that say so. */
    public static List<RouteConfig> spelledOut(WeirConfig config) {
        if (!config.routes().isEmpty()) {
            return config.routes();
        }
        return config.pools().keySet().stream()
                .map(pool -> new RouteConfig(RouteConfig.Match.all(), pool))
                .toList();
    }

    /** What leads to a pool, as in "the route x"; null for nothing. */
    static @Nullable String user(WeirConfig config, String pool) {
        List<RouteConfig> routes = spelledOut(config);
        for (int i = 0; i < routes.size(); i++) {
            if (routes.get(i).pool().equals(pool)) {
                return "the route " + ids(routes).get(i);
            }
        }
        for (ListenerConfig listener : config.listeners()) {
            if (passesTo(listener.tls(), pool)) {
                return "the listener " + listener.bind() + ", which passes TLS on,";
            }
        }
        return null;
    }

    private static boolean passesTo(@Nullable ListenerTls tls, String pool) {
        return tls != null
                && tls.passthrough().stream().anyMatch(each -> each.pool().equals(pool));
    }
}
