package dev.weir.admin;

import dev.weir.config.ConfigJson;
import dev.weir.config.PoolConfig;
import dev.weir.config.PoolConfig.ServerConfig;
import dev.weir.control.Edit;
import dev.weir.control.Refused;
import dev.weir.control.State;
import dev.weir.discovery.SourceReport;
import dev.weir.health.PoolReport;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The pools: whether they have servers that are up, and changes of whole pools. */
final class PoolsApi {
    private static final String POOLS = "/v1/pools";
    private static final String POOL = POOLS + "/{pool}";

    private final AdminView view;
    private final ServersApi servers;

    PoolsApi(AdminView view, ServersApi servers) {
        this.view = view;
        this.servers = servers;
    }

    List<Endpoint> endpoints() {
        return List.of(
                new Endpoint("GET", POOLS, (_, _) -> list()),
                new Endpoint("GET", POOL, (_, names) -> get(200, view.control().state(), names.getFirst())),
                new Endpoint("PUT", POOL, (request, names) -> put(request, names.getFirst())),
                new Endpoint("DELETE", POOL, (request, names) -> remove(request, names.getFirst())));
    }

    private AdminResponse list() {
        ObjectNode answer = AdminResponse.Json.MAPPER.createObjectNode();
        answer.set("pools", summaries(view.control().state()));
        return AdminResponse.json(200, answer);
    }

    /** All pools, each with how many of its servers are up. */
    ArrayNode summaries(State state) {
        Map<String, PoolReport> reports = new HashMap<>();
        view.pools().forEach(report -> reports.put(report.name(), report));
        ArrayNode pools = AdminResponse.Json.MAPPER.createArrayNode();
        state.config().pools().forEach((name, pool) -> pools.add(summary(name, pool, reports.get(name))));
        return pools;
    }

    private static ObjectNode summary(String name, PoolConfig pool, @Nullable PoolReport report) {
        return AdminResponse.Json.MAPPER
                .createObjectNode()
                .put("name", name)
                .put("panic", report != null && report.panic())
                .put("up", report == null ? 0 : report.up())
                .put("servers", pool.servers().size());
    }

    private AdminResponse get(int status, State state, String name) throws Refused {
        PoolConfig pool = state.pool(name);
        if (pool == null) {
            throw new Refused(Refused.Why.MISSING, "There is no pool '" + name + "'.");
        }
        ObjectNode answer = summary(name, pool, view.pool(name));
        answer.set("servers", servers.all(state, name));
        answer.set("sources", sources(name));
        answer.put("origin", state.origin(name));
        answer.set("config", ConfigJson.brief(pool));
        return AdminResponse.json(status, answer).with("ETag", Tags.of(pool));
    }

    private ArrayNode sources(String name) {
        ArrayNode sources = AdminResponse.Json.MAPPER.createArrayNode();
        for (SourceReport report : view.sources(name)) {
            ObjectNode source = sources.addObject();
            source.put("source", report.source()).put("servers", report.servers());
            source.put(
                    "outcome",
                    report.outcome() == null ? null : report.outcome().id());
            source.put("message", report.message());
            source.put("looked", Objects.toString(report.looked(), null));
            source.put("succeeded", Objects.toString(report.succeeded(), null));
        }
        return sources;
    }

    private AdminResponse put(AdminRequest request, String name) throws Refused, Body.Unusable, IOException {
        if (!isName(name)) {
            throw Body.bad("A pool's name is made of letters, digits, '-', '_' and '.'.");
        }
        PoolConfig pool = Body.section(PoolConfig.class, Body.object(request));
        boolean[] known = {false};
        Edit edit = state -> {
            known[0] = state.pool(name) != null;
            return Edit.putPool(name, pool).on(state);
        };
        State state = view.control().edit(Tags.guarded(request, now -> Tags.pool(now, name), edit));
        AdminResponse answer = get(known[0] ? 200 : 201, state, name);
        return known[0] ? answer : answer.with("Location", "/v1/pools/" + ServersApi.encoded(name));
    }

    private static boolean isName(String text) {
        return !text.isEmpty()
                && text.chars()
                        .allMatch(c -> (c >= '0' && c <= '9')
                                || (c >= 'a' && c <= 'z')
                                || (c >= 'A' && c <= 'Z')
                                || "-_.".indexOf(c) >= 0);
    }

    private AdminResponse remove(AdminRequest request, String name) throws Refused, IOException {
        PoolConfig known = view.control().state().pool(name);
        view.control().edit(Tags.guarded(request, now -> Tags.pool(now, name), Edit.removePool(name)));
        int inFlight = 0;
        for (ServerConfig server : known == null ? List.<ServerConfig>of() : known.servers()) {
            inFlight += view.inFlight(name, server.address().toString());
        }
        return ServersApi.leaving(inFlight);
    }
}
