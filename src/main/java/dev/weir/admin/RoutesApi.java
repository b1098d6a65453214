package dev.weir.admin;

import dev.weir.config.ConfigJson;
import dev.weir.config.RouteConfig;
import dev.weir.control.Edit;
import dev.weir.control.Refused;
import dev.weir.control.Routes;
import dev.weir.control.State;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The routes in their order: the first that matches wins. */
final class RoutesApi {
    private static final String ROUTES = "/v1/routes";
    private static final String ROUTE = ROUTES + "/{route}";

    private final AdminView view;

    RoutesApi(AdminView view) {
        this.view = view;
    }

    List<Endpoint> endpoints() {
        return List.of(
                new Endpoint("GET", ROUTES, (_, _) -> list()),
                new Endpoint("POST", ROUTES, (request, _) -> add(request)),
                new Endpoint("GET", ROUTE, (_, names) -> get(200, view.control().state(), names.getFirst())),
                new Endpoint("DELETE", ROUTE, (request, names) -> remove(request, names.getFirst())));
    }

    private AdminResponse list() {
        State state = view.control().state();
        ObjectNode answer = AdminResponse.Json.MAPPER.createObjectNode();
        ArrayNode routes = answer.putArray("routes");
        List<RouteConfig> all = Routes.spelledOut(state.config());
        List<String> ids = Routes.ids(all);
        for (int i = 0; i < all.size(); i++) {
            routes.add(describe(state, ids.get(i), all.get(i)));
        }
        return AdminResponse.json(200, answer).with("ETag", Tags.routes(state));
    }

    private static ObjectNode describe(State state, String id, RouteConfig route) {
        ObjectNode node = AdminResponse.Json.MAPPER.createObjectNode().put("id", id);
        node.setAll(ConfigJson.brief(route));
        return node.put("origin", state.originOfRoute(id));
    }

    private static @Nullable RouteConfig find(State state, String id) {
        List<RouteConfig> all = Routes.spelledOut(state.config());
        int at = Routes.ids(all).indexOf(id);
        return at < 0 ? null : all.get(at);
    }

    private static AdminResponse get(int status, State state, String id) throws Refused {
        RouteConfig route = find(state, id);
        if (route == null) {
            throw new Refused(Refused.Why.MISSING, "There is no route '" + id + "'.");
        }
        return AdminResponse.json(status, describe(state, id, route)).with("ETag", Tags.of(route));
    }

    private AdminResponse add(AdminRequest request) throws Refused, Body.Unusable, IOException {
        ObjectNode content = Body.object(request);
        @Nullable JsonNode before = content.remove("before");
        if (before != null && !before.isString()) {
            throw Body.bad("'before' is to be the id of a route.");
        }
        RouteConfig route = Body.section(RouteConfig.class, content);
        Edit edit = Edit.addRoute(route, before == null ? "" : before.stringValue());
        State state = view.control().edit(Tags.guarded(request, Tags::routes, edit));
        String id = Routes.ids(List.of(route)).getFirst();
        return get(201, state, id).with("Location", ROUTES + "/" + ServersApi.encoded(id));
    }

    private AdminResponse remove(AdminRequest request, String id) throws Refused, IOException {
        view.control().edit(Tags.guarded(request, state -> Tags.route(find(state, id)), Edit.removeRoute(id)));
        return AdminResponse.nothing();
    }
}
