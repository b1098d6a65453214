package dev.weir.route;

import dev.weir.config.RouteConfig;
import dev.weir.http.RequestHead;
import dev.weir.http.TargetForm;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The routes of one snapshot, compiled so that a match costs about the same for one route as for hundreds. Immutable, for
 * all event loops; a match allocates nothing unless the path must be normalised.
 *
 * <p>The result is that of asking the routes one by one in their written order. Routes are grouped by what they say of the
 * host: a name, the names below one, or nothing; each group has a {@link PathIndex}. A request asks the few groups that
 * its host is in for their first route, and the lowest number wins.
 *
 * <ul>
 *   <li>Host: {@code example.com} is compared without case, port and a trailing dot; {@code *.example.com} is every name
 *       below it, with one more label or several, and not the name itself.
 *   <li>Path: {@code /a} is just that; {@code /a/*} is {@code /a} and everything below it; {@code /a*} is everything that
 *       starts so. It is compared in normal form ({@link NormalPath}), so that no spelling of a path dodges a route; what
 *       is forwarded stays as it came. {@code OPTIONS *} has no path: only routes that take every path match it.
 *   <li>Methods and headers: see {@link Conditions}.
 * </ul>
 */
public final class RouteTable {
    private static final byte[] ROOT = {'/'};
    /** Above every route. */
    private static final int NONE = Integer.MAX_VALUE;

    private final PathIndex anyHost;
    private final HostTable hosts;
    private final HostTable domains;

    private RouteTable(PathIndex anyHost, HostTable hosts, HostTable domains) {
        this.anyHost = anyHost;
        this.hosts = hosts;
        this.domains = domains;
    }

    /** Compiles the routes, which are numbered from 0 in their order. */
    public static RouteTable of(List<RouteConfig> routes) {
        PathIndex.Builder anyHost = new PathIndex.Builder();
        Map<String, PathIndex.Builder> hosts = new HashMap<>();
        Map<String, PathIndex.Builder> domains = new HashMap<>();
        for (int route = 0; route < routes.size(); route++) {
            RouteConfig.Match match = routes.get(route).match();
            String host = normalHost(match.host());
            PathIndex.Builder group;
            if (host.isEmpty() || host.equals("*")) {
                group = anyHost;
            } else if (host.startsWith("*.")) {
                group = domains.computeIfAbsent(host.substring(1), _ -> new PathIndex.Builder());
            } else {
                group = hosts.computeIfAbsent(host, _ -> new PathIndex.Builder());
            }
            group.add(match.path(), route, new Conditions(match));
        }
        return new RouteTable(anyHost.build(), HostTable.of(hosts), HostTable.of(domains));
    }

    private static String normalHost(String host) {
        String lower = host.toLowerCase(Locale.ROOT);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }

    /** The number of the first route that matches the request, or -1 when none does. */
    public int match(RequestHead head) {
        byte[] bytes = head.bytes();
        int from = head.pathStart();
        int to = head.pathEnd();
        int route;
        if (head.form() == TargetForm.ASTERISK || head.form() == TargetForm.AUTHORITY) {
            route = match(head, bytes, from, from);
        } else if (from == to) {
            route = match(head, ROOT, 0, ROOT.length);
        } else if (NormalPath.isNormal(bytes, from, to)) {
            route = match(head, bytes, from, to);
        } else {
            byte[] normal = NormalPath.of(bytes, from, to);
            route = match(head, normal, 0, normal.length);
        }
        return route == NONE ? -1 : route;
    }

    private int match(RequestHead head, byte[] path, int from, int to) {
        int first = anyHost.first(head, path, from, to, NONE);
        if (!head.hasHost() || (hosts.isEmpty() && domains.isEmpty())) {
            return first;
        }
        byte[] bytes = head.bytes();
        int start = head.hostStart();
        int end = head.hostNameEnd();
        end -= bytes[end - 1] == '.' ? 1 : 0;
        int hash = 0;
        for (int at = end - 1; at >= start; at--) {
            hash = HostTable.hash(hash, bytes[at]);
            if (bytes[at] == '.' && at > start) {
                first = domains.find(bytes, at, end, hash).first(head, path, from, to, first);
            }
        }
        return hosts.find(bytes, start, end, hash).first(head, path, from, to, first);
    }
}
