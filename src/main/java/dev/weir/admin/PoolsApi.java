package dev.weir.admin;

import dev.weir.config.AdminState;
import dev.weir.health.PoolReport;
import dev.weir.health.ServerReport;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** {@code /v1/pools} and what is below it: the pools, their servers and their health; a server's state can be changed. */
final class PoolsApi {
    private final AdminView view;

    PoolsApi(AdminView view) {
        this.view = view;
    }

    /** All pools, each with how many of its servers are up. */
    private record Pools(List<Summary> pools) {}

    private record Summary(String name, boolean panic, int up, int servers) {}

    private record Servers(List<ServerReport> servers) {}

    AdminResponse answer(AdminRequest request) {
        List<String> path = request.segments();
        if (path.size() < 2 || !path.get(1).equals("pools")) {
            return nothing(request);
        }
        return path.size() == 2 ? pools(request) : pool(request, path);
    }

    private AdminResponse pools(AdminRequest request) {
        Pools all = new Pools(view.pools().stream()
                .map(pool -> new Summary(
                        pool.name(), pool.panic(), pool.up(), pool.servers().size()))
                .toList());
        return read(request, all, "The list of pools can only be read.");
    }

    private AdminResponse pool(AdminRequest request, List<String> path) {
        PoolReport pool = view.pools().stream()
                .filter(each -> each.name().equals(path.get(2)))
                .findFirst()
                .orElse(null);
        if (pool == null) {
            return AdminResponse.problem(404, "There is no pool '" + path.get(2) + "'.");
        } else if (path.size() == 3) {
            return read(request, pool, "A pool can only be read.");
        } else if (path.size() == 4 && path.get(3).equals("servers")) {
            return read(request, new Servers(pool.servers()), "The list of servers can only be read.");
        } else if (path.size() == 5 && path.get(3).equals("servers")) {
            return server(request, pool, path.get(4));
        }
        return nothing(request);
    }

    private static AdminResponse read(AdminRequest request, Object value, String otherwise) {
        return request.reads()
                ? AdminResponse.json(200, value)
                : AdminResponse.problem(405, otherwise).with("Allow", "GET, HEAD");
    }

    private AdminResponse server(AdminRequest request, PoolReport pool, String address) {
        ServerReport server = pool.servers().stream()
                .filter(each -> each.address().equals(address))
                .findFirst()
                .orElse(null);
        if (server == null) {
            return AdminResponse.problem(404, "The pool '" + pool.name() + "' has no server '" + address + "'.");
        } else if (request.reads()) {
            return AdminResponse.json(200, server);
        } else if (request.method().equals("PATCH")) {
            return change(request, pool.name(), server);
        }
        return AdminResponse.problem(405, "A server can be read (GET) and changed (PATCH).")
                .with("Allow", "GET, HEAD, PATCH");
    }

    private AdminResponse change(AdminRequest request, String pool, ServerReport server) {
        JsonNode wanted;
        try {
            wanted = AdminResponse.Json.MAPPER.readTree(request.text());
        } catch (JacksonException malformed) {
            wanted = null;
        }
        String wrong = wrong(wanted);
        AdminState state = wrong == null && wanted != null
                ? AdminState.of(wanted.get("state").stringValue())
                : null;
        if (state == null) {
            return AdminResponse.problem(400, wrong == null ? "" : wrong);
        }
        ServerReport changed = view.admin(pool, server.address(), state);
        return changed == null
                ? AdminResponse.problem(404, "The server has just gone.")
                : AdminResponse.json(200, changed);
    }

    /** What is wrong with a wanted change; null for nothing. */
    private static @Nullable String wrong(@Nullable JsonNode wanted) {
        if (wanted == null || !wanted.isObject()) {
            return "The change is to be a JSON object such as {\"state\":\"drain\"}.";
        }
        for (Map.Entry<String, JsonNode> member : wanted.properties()) {
            if (!member.getKey().equals("state")) {
                return "'" + member.getKey() + "' cannot be changed; 'state' can.";
            }
        }
        JsonNode state = wanted.get("state");
        if (state == null || !state.isString() || AdminState.of(state.stringValue()) == null) {
            return "'state' is to be \"ready\", \"drain\" or \"maint\".";
        }
        return null;
    }

    private static AdminResponse nothing(AdminRequest request) {
        return AdminResponse.problem(404, AdminApi.nothingAt(request));
    }
}
