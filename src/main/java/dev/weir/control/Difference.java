package dev.weir.control;

import dev.weir.config.ConfigJson;
import dev.weir.config.ConfigPart;
import dev.weir.config.ListenerConfig;
import dev.weir.config.PoolConfig;
import dev.weir.config.PoolConfig.ServerConfig;
import dev.weir.config.RouteConfig;
import dev.weir.config.WeirConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What is different between two configurations, and whom the change from one to the other touches. Things are compared by
 * what they are called: listeners by address, pools by name, servers by pool and address, routes by id.
 */
public final class Difference {
    /** How one thing differs. */
    public enum Kind {
        ADDED("+"),
        REMOVED("-"),
        CHANGED("~");

        private final String sign;

        Kind(String sign) {
            this.sign = sign;
        }
    }

    /** Tells how many requests a server has in flight now. */
    @FunctionalInterface
    public interface Load {
        /** Nobody counts. */
        Load UNKNOWN = (_, _) -> 0;

        int inFlight(String pool, String server);
    }

    /**
     * One thing that differs.
     *
     * @param what for a person, as in {@code pool web: timeouts.connect}
     * @param from empty for nothing
     * @param to empty for nothing
     * @param touches who notices, as a clause
     * @param inFlight requests in flight to the servers that go
     */
    public record Entry(Kind kind, String what, String from, String to, String touches, int inFlight) {
        /** One line. */
        @Override
        public String toString() {
            StringBuilder line = new StringBuilder(kind.sign).append(' ').append(what);
            if (kind == Kind.CHANGED) {
                line.append(": ").append(named(from)).append(" -> ").append(named(to));
            } else {
                String detail = kind == Kind.ADDED ? to : from;
                line.append(detail.isEmpty() ? "" : " (" + detail + ")");
            }
            line.append("; ").append(touches);
            return inFlight == 0 ? line.toString() : line + " (" + inFlight + " in flight)";
        }

        private static String named(String value) {
            return value.isEmpty() ? "none" : value;
        }

        /** Whether the change takes effect only when Weir is started anew. */
        public boolean needsRestart() {
            return touches.equals(RESTART);
        }
    }

    private static final String RESTART = "needs a restart";
    private static final String NEW_REQUESTS = "new requests only";
    private static final String NEW_CONNECTIONS = "new connections only";
    private static final String AT_ONCE = "takes effect at once";
    private static final String DRAINS = "requests under way finish";
    private static final String JOINS = "gets requests when its first check has passed";
    private static final String RECONNECTS = "new connections to the servers; those under way finish";

    private final Load load;
    private final List<Entry> entries = new ArrayList<>();

    private Difference(Load load) {
        this.load = load;
    }

    /** What changes when {@code to} takes the place of {@code from}; empty for nothing. */
    public static List<Entry> of(WeirConfig from, WeirConfig to, Load load) {
        Difference difference = new Difference(load);
        difference.whole(from, to);
        difference.listeners(from, to);
        difference.routes(from, to);
        difference.pools(from, to);
        return List.copyOf(difference.entries);
    }

    private void whole(WeirConfig from, WeirConfig to) {
        Map<String, Object> none = Map.of("listeners", List.of(), "routes", List.of(), "pools", Map.of());
        leaves("", ConfigPart.with(from, none), ConfigPart.with(to, none), Difference::touchedByWhole);
    }

    private static String touchedByWhole(String key) {
        return switch (first(key)) {
            case "event-loops", "state-file", "pid-file" -> RESTART;
            case "shutdown" -> "the next stop";
            case "admin" -> "clients of the admin port connect anew";
            default -> AT_ONCE;
        };
    }

    private static String first(String key) {
        return key.split("[.\\[]", 2)[0];
    }

    private void listeners(WeirConfig from, WeirConfig to) {
        both(byBind(from), byBind(to), (bind, pair) -> {
            String what = "listener " + bind;
            if (pair.from == null) {
                add(Kind.ADDED, what, "", "", "begins to accept", 0);
            } else if (pair.to == null) {
                add(Kind.REMOVED, what, "", "", "its connections end when their requests are done", 0);
            } else {
                leaves(what + ": ", pair.from, pair.to, _ -> NEW_CONNECTIONS);
            }
        });
    }

    private static Map<String, ListenerConfig> byBind(WeirConfig config) {
        Map<String, ListenerConfig> byBind = new LinkedHashMap<>();
        for (ListenerConfig listener : config.listeners()) {
            String bind = listener.bind().toString();
            for (int i = 2; byBind.putIfAbsent(bind, listener) != null; i++) {
                bind = listener.bind() + " no. " + i; // several of port 0 are different ones
            }
        }
        return byBind;
    }

    private void routes(WeirConfig from, WeirConfig to) {
        if (from.routes().equals(to.routes())
                && (!from.routes().isEmpty()
                        || from.pools().keySet().equals(to.pools().keySet()))) {
            return;
        }
        Map<String, RouteConfig> before = byId(from);
        Map<String, RouteConfig> after = byId(to);
        both(before, after, (id, pair) -> {
            String what = "route " + id;
            if (pair.from == null) {
                add(Kind.ADDED, what, "", text(pair.to), NEW_REQUESTS, 0);
            } else if (pair.to == null) {
                add(Kind.REMOVED, what, text(pair.from), "", NEW_REQUESTS, 0);
            } else {
                leaves(what + ": ", pair.from, pair.to, _ -> NEW_REQUESTS);
            }
        });
        List<String> kept = before.keySet().stream().filter(after::containsKey).toList();
        List<String> now = after.keySet().stream().filter(before::containsKey).toList();
        if (!kept.equals(now)) {
            add(Kind.CHANGED, "order of the routes", String.join(", ", kept), String.join(", ", now), NEW_REQUESTS, 0);
        }
    }

    private static Map<String, RouteConfig> byId(WeirConfig config) {
        Map<String, RouteConfig> byId = new LinkedHashMap<>();
        List<RouteConfig> routes = Routes.spelledOut(config);
        List<String> ids = Routes.ids(routes);
        for (int i = 0; i < routes.size(); i++) {
            byId.put(ids.get(i), routes.get(i));
        }
        return byId;
    }

    private void pools(WeirConfig from, WeirConfig to) {
        both(from.pools(), to.pools(), (name, pair) -> {
            if (pair.from == null) {
                int servers = pair.to == null ? 0 : pair.to.servers().size();
                add(
                        Kind.ADDED,
                        "pool " + name,
                        "",
                        count(servers),
                        "its servers get requests when they have been checked",
                        0);
            } else if (pair.to == null) {
                int inFlight = pair.from.servers().stream()
                        .mapToInt(server -> inFlight(name, server))
                        .sum();
                add(Kind.REMOVED, "pool " + name, count(pair.from.servers().size()), "", DRAINS, inFlight);
            } else if (!pair.from.equals(pair.to)) {
                pool(name, pair.from, pair.to);
            }
        });
    }

    private void pool(String name, PoolConfig from, PoolConfig to) {
        Map<String, Object> none = Map.of("servers", List.of());
        leaves(
                "pool " + name + ": ",
                ConfigPart.with(from, none),
                ConfigPart.with(to, none),
                Difference::touchedByPool);
        both(byAddress(from), byAddress(to), (_, pair) -> {
            ServerConfig any = pair.any();
            String what = "server " + any.address() + " of pool " + name;
            if (pair.from == null) {
                add(Kind.ADDED, what, "", text(any), JOINS, 0);
            } else if (pair.to == null) {
                add(Kind.REMOVED, what, text(any), "", DRAINS, inFlight(name, any));
            } else {
                leaves(
                        what + ": ",
                        pair.from,
                        pair.to,
                        key -> first(key).equals("health") ? "its checks" : NEW_REQUESTS);
            }
        });
    }

    private static String touchedByPool(String key) {
        return switch (first(key)) {
            case "health" -> "the checks of its servers";
            case "tls", "http", "http2", "proxy-protocol", "connections" -> RECONNECTS;
            case "discover" -> "the servers that are found";
            default -> NEW_REQUESTS;
        };
    }

    private int inFlight(String pool, ServerConfig server) {
        return load.inFlight(pool, server.address().toString());
    }

    private static Map<String, ServerConfig> byAddress(PoolConfig pool) {
        Map<String, ServerConfig> byAddress = new LinkedHashMap<>();
        pool.servers().forEach(server -> byAddress.put(server.address().canonical(), server));
        return byAddress;
    }

    private static String count(int servers) {
        return servers + (servers == 1 ? " server" : " servers");
    }

    /** What is written of it, but for what it is called by. */
    private static String text(@Nullable Record section) {
        if (section == null) {
            return "";
        }
        List<String> parts = new ArrayList<>();
        ConfigJson.brief(section).properties().forEach(each -> {
            if (!each.getKey().equals("address") && !each.getKey().equals("name")) {
                parts.add(each.getKey() + ": "
                        + (each.getValue().isValueNode() ? each.getValue().asString() : each.getValue()));
            }
        });
        return String.join(", ", parts);
    }

    private interface Touched {
        String by(String key);
    }

    private void leaves(String what, Record from, Record to, Touched touched) {
        if (from.equals(to)) {
            return;
        }
        Map<String, String> before = ConfigPart.leaves(from);
        Map<String, String> after = ConfigPart.leaves(to);
        Set<String> keys = new LinkedHashSet<>(before.keySet());
        keys.addAll(after.keySet());
        for (String key : keys) {
            String old = before.getOrDefault(key, "");
            String now = after.getOrDefault(key, "");
            if (!old.equals(now)) {
                add(Kind.CHANGED, what + key, old, now, touched.by(key), 0);
            }
        }
    }

    /** A thing as it was and as it will be; null where it is not there. */
    private record Pair<T>(@Nullable T from, @Nullable T to) {
        T any() {
            T one = to == null ? from : to;
            if (one == null) {
                throw new IllegalStateException("one of them is there");
            }
            return one;
        }
    }

    private static <T> void both(Map<String, T> from, Map<String, T> to, BiConsumer<String, Pair<T>> each) {
        Set<String> keys = new LinkedHashSet<>(from.keySet());
        keys.addAll(to.keySet());
        keys.forEach(key -> each.accept(key, new Pair<>(from.get(key), to.get(key))));
    }

    private void add(Kind kind, String what, String from, String to, String touches, int inFlight) {
        entries.add(new Entry(kind, what, from, to, touches, inFlight));
    }
}
