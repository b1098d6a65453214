package dev.weir.admin;

import dev.weir.config.Address;
import dev.weir.config.ConfigJson;
import dev.weir.config.ConfigPart;
import dev.weir.config.PoolConfig;
import dev.weir.config.PoolConfig.ServerConfig;
import dev.weir.control.Edit;
import dev.weir.control.Refused;
import dev.weir.control.State;
import dev.weir.health.PoolReport;
import dev.weir.health.ServerReport;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The servers of a pool: their health and load, and changes of them. */
final class ServersApi {
    private static final String SERVERS = "/v1/pools/{pool}/servers";
    private static final String SERVER = SERVERS + "/{address}";

    private final AdminView view;

    ServersApi(AdminView view) {
        this.view = view;
    }

    List<Endpoint> endpoints() {
        return List.of(
                new Endpoint("GET", SERVERS, (_, names) -> list(names.getFirst())),
                new Endpoint("POST", SERVERS, (request, names) -> add(request, names.getFirst())),
                new Endpoint("GET", SERVER, (_, names) -> get(names.getFirst(), names.get(1))),
                new Endpoint("PUT", SERVER, (request, names) -> put(request, names.getFirst(), names.get(1))),
                new Endpoint("PATCH", SERVER, (request, names) -> change(request, names.getFirst(), names.get(1))),
                new Endpoint("DELETE", SERVER, (request, names) -> remove(request, names.getFirst(), names.get(1))));
    }

    private AdminResponse list(String pool) {
        State state = view.control().state();
        String tag = Tags.pool(state, pool);
        if (tag == null) {
            return AdminResponse.problem(404, "There is no pool '" + pool + "'.");
        }
        ObjectNode answer = AdminResponse.Json.MAPPER.createObjectNode();
        answer.set("servers", all(state, pool));
        return AdminResponse.json(200, answer).with("ETag", tag);
    }

    /** All servers of a pool that is there. */
    ArrayNode all(State state, String pool) {
        ArrayNode servers = AdminResponse.Json.MAPPER.createArrayNode();
        Map<String, ServerReport> reports = reports(pool);
        state.config()
                .pools()
                .getOrDefault(pool, PoolConfig.of(List.of()))
                .servers()
                .forEach(server -> servers.add(describe(
                        state, pool, server, reports.get(server.address().toString()))));
        return servers;
    }

    private Map<String, ServerReport> reports(String pool) {
        Map<String, ServerReport> reports = new LinkedHashMap<>();
        PoolReport report = view.pool(pool);
        if (report != null) {
            report.servers().forEach(server -> reports.put(server.address(), server));
        }
        return reports;
    }

    /** What is known of its health, in front of what is wanted of it. */
    private static ObjectNode describe(State state, String pool, ServerConfig server, @Nullable ServerReport report) {
        ObjectNode node = report == null
                ? AdminResponse.Json.MAPPER
                        .createObjectNode()
                        .put("address", server.address().toString())
                        .put("weight", server.weight())
                        .put("admin_state", server.state().id())
                : AdminResponse.Json.MAPPER.valueToTree(report);
        node.put("origin", state.origin(pool, server.address().canonical()));
        node.set("config", ConfigJson.brief(server));
        return node;
    }

    private AdminResponse get(String pool, String address) throws Refused, Body.Unusable {
        return answer(200, view.control().state(), pool, address(address));
    }

    private AdminResponse answer(int status, State state, String pool, Address address) throws Refused {
        if (state.pool(pool) == null) {
            throw new Refused(Refused.Why.MISSING, "There is no pool '" + pool + "'.");
        }
        ServerConfig server = state.server(pool, address.canonical());
        if (server == null) {
            String detail = "The pool '" + pool + "' has no server '" + address + "'.";
            throw new Refused(Refused.Why.MISSING, detail);
        }
        ServerReport report = reports(pool).get(server.address().toString());
        return AdminResponse.json(status, describe(state, pool, server, report)).with("ETag", Tags.of(server));
    }

    private AdminResponse add(AdminRequest request, String pool) throws Refused, Body.Unusable, IOException {
        ServerConfig server = Body.section(ServerConfig.class, Body.object(request));
        Edit edit = Tags.guarded(request, state -> Tags.pool(state, pool), Edit.addServer(pool, server));
        State state = view.control().edit(edit);
        return answer(201, state, pool, server.address()).with("Location", location(pool, server.address()));
    }

    private static String location(String pool, Address address) {
        return "/v1/pools/" + encoded(pool) + "/servers/" + encoded(address.toString());
    }

    static String encoded(String segment) {
        return URLEncoder.encode(segment, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("%3A", ":");
    }

    private AdminResponse put(AdminRequest request, String pool, String text)
            throws Refused, Body.Unusable, IOException {
        Address address = address(text);
        ObjectNode content = Body.object(request);
        ServerConfig server = Body.section(
                ServerConfig.class, content.has("address") ? content : content.put("address", address.toString()));
        if (!server.address().canonical().equals(address.canonical())) {
            throw Body.bad(
                    "The content is about the server " + server.address() + ", and the path about " + address + ".");
        }
        boolean[] known = {false};
        Edit edit = state -> {
            known[0] = state.server(pool, address.canonical()) != null;
            return Edit.putServer(pool, server).on(state);
        };
        State state = view.control().edit(guarded(request, pool, address, edit));
        AdminResponse answer = answer(known[0] ? 200 : 201, state, pool, address);
        return known[0] ? answer : answer.with("Location", location(pool, address));
    }

    private static Edit guarded(AdminRequest request, String pool, Address address, Edit edit) {
        return Tags.guarded(request, state -> Tags.server(state, pool, address.canonical()), edit);
    }

    /** A JSON merge patch of the server's configuration; null brings back what the file says. */
    private AdminResponse change(AdminRequest request, String pool, String text)
            throws Refused, Body.Unusable, IOException {
        Address address = address(text);
        ObjectNode content = Body.object(request);
        if (content.isEmpty()) {
            throw Body.bad("The content says nothing to change, as {\"weight\":2} or {\"state\":\"drain\"} would.");
        }
        if (content.has("address")) {
            throw Body.bad("'address' cannot be changed: add the other server and remove this one.");
        }
        Set<String> restored = new LinkedHashSet<>();
        ObjectNode given = AdminResponse.Json.MAPPER.createObjectNode().put("address", address.toString());
        for (Map.Entry<String, JsonNode> each : content.properties()) {
            if (each.getValue().isNull()) {
                restored.add(each.getKey());
            } else {
                given.set(each.getKey(), each.getValue());
            }
        }
        ServerConfig bound = Body.section(ServerConfig.class, given);
        given.remove("address");
        Map<String, Object> values = ConfigPart.values(bound, given.propertyNames());
        State state = view.control()
                .edit(guarded(request, pool, address, Edit.changeServer(pool, address, values, restored)));
        return answer(200, state, pool, address);
    }

    private AdminResponse remove(AdminRequest request, String pool, String text)
            throws Refused, Body.Unusable, IOException {
        Address address = address(text);
        ServerConfig known = view.control().state().server(pool, address.canonical());
        String name = known == null ? address.toString() : known.address().toString();
        view.control().edit(guarded(request, pool, address, Edit.removeServer(pool, address)));
        if (request.isOn("now")) {
            view.cut(pool, name);
            return AdminResponse.nothing();
        }
        return leaving(view.inFlight(pool, name));
    }

    /** What goes gets nothing new; what it has been given it finishes. */
    static AdminResponse leaving(int inFlight) {
        return inFlight == 0
                ? AdminResponse.nothing()
                : AdminResponse.json(
                        202, AdminResponse.Json.MAPPER.createObjectNode().put("in_flight", inFlight));
    }

    private static Address address(String text) throws Body.Unusable {
        try {
            return Address.parseServer(text);
        } catch (IllegalArgumentException refused) {
            throw new Body.Unusable(
                    AdminResponse.problem(404, "'" + text + "' is no server's address: " + refused.getMessage() + "."));
        }
    }
}
