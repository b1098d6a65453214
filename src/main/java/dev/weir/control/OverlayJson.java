package dev.weir.control;

import dev.weir.config.ConfigJson;
import dev.weir.config.ConfigPart;
import dev.weir.config.ConfigProblem;
import dev.weir.config.PoolConfig;
import dev.weir.config.PoolConfig.ServerConfig;
import dev.weir.config.RouteConfig;
import dev.weir.control.Overlay.AddedRoute;
import dev.weir.control.Overlay.PoolEdit;
import dev.weir.control.Overlay.ServerEdit;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Changes as JSON, in which they are kept. What they say of servers, pools and routes is the language of the configuration. */
public final class OverlayJson {
    private static final JsonMapper JSON = JsonMapper.shared();

    private OverlayJson() {}

    public static ObjectNode write(Overlay overlay) {
        ObjectNode root = JSON.createObjectNode();
        ObjectNode pools = root.putObject("pools");
        overlay.pools().forEach((name, edit) -> {
            switch (edit) {
                case PoolEdit.Put put -> pools.putObject(name).set("put", ConfigJson.brief(put.config()));
                case PoolEdit.Removed _ -> pools.putObject(name).put("removed", true);
            }
        });
        ObjectNode servers = root.putObject("servers");
        overlay.servers().forEach((pool, edits) -> {
            ObjectNode inPool = servers.putObject(pool);
            edits.forEach((address, edit) -> inPool.set(address, write(edit)));
        });
        ObjectNode routes = root.putObject("routes");
        ArrayNode added = routes.putArray("added");
        overlay.routes()
                .forEach(each ->
                        added.addObject().put("before", each.before()).set("route", ConfigJson.brief(each.route())));
        ArrayNode removed = routes.putArray("removed");
        overlay.removedRoutes().forEach(removed::add);
        return root;
    }

    private static ObjectNode write(ServerEdit edit) {
        ObjectNode node = JSON.createObjectNode();
        switch (edit) {
            case ServerEdit.Added added -> node.set("added", ConfigJson.brief(added.config()));
            case ServerEdit.Removed _ -> node.put("removed", true);
            case ServerEdit.Changed changed -> {
                ObjectNode values = node.putObject("changed");
                changed.values()
                        .forEach((key, value) -> values.set(key, ConfigJson.value(ServerConfig.class, key, value)));
            }
        }
        return node;
    }

    /**
     * Reads what {@link #write} has written.
     *
     * @throws IOException when it is something else; the message is a clause for the user
     */
    public static Overlay read(JsonNode root) throws IOException {
        Map<String, PoolEdit> pools = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> each : root.path("pools").properties()) {
            pools.put(each.getKey(), pool(each.getKey(), each.getValue()));
        }
        Map<String, Map<String, ServerEdit>> servers = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> pool : root.path("servers").properties()) {
            Map<String, ServerEdit> edits = new LinkedHashMap<>();
            for (Map.Entry<String, JsonNode> each : pool.getValue().properties()) {
                edits.put(each.getKey(), server(pool.getKey() + " " + each.getKey(), each.getKey(), each.getValue()));
            }
            servers.put(pool.getKey(), edits);
        }
        List<AddedRoute> routes = new ArrayList<>();
        for (JsonNode each : root.path("routes").path("added")) {
            RouteConfig route = part(RouteConfig.class, "an added route", each.path("route"));
            routes.add(new AddedRoute(route, each.path("before").asString("")));
        }
        Set<String> removed = new LinkedHashSet<>();
        root.path("routes").path("removed").forEach(id -> removed.add(id.asString()));
        return new Overlay(pools, servers, routes, removed);
    }

    private static PoolEdit pool(String name, JsonNode edit) throws IOException {
        if (edit.path("removed").asBoolean(false)) {
            return new PoolEdit.Removed();
        }
        return new PoolEdit.Put(part(PoolConfig.class, "the pool " + name, edit.path("put")));
    }

    private static ServerEdit server(String what, String address, JsonNode edit) throws IOException {
        if (edit.path("removed").asBoolean(false)) {
            return new ServerEdit.Removed();
        }
        if (edit.has("added")) {
            return new ServerEdit.Added(part(ServerConfig.class, "the server " + what, edit.path("added")));
        }
        return changed(
                part(ServerConfig.class, "the server " + what, addressed(address, edit.path("changed"))),
                edit.path("changed"));
    }

    /** A section without its required key cannot be read, so it gets it. */
    private static JsonNode addressed(String address, JsonNode values) {
        ObjectNode whole = JSON.createObjectNode().put("address", address);
        return values instanceof ObjectNode object ? whole.setAll(object) : values;
    }

    private static ServerEdit changed(ServerConfig read, JsonNode values) {
        Set<String> keys = new LinkedHashSet<>(values.propertyNames());
        return new ServerEdit.Changed(ConfigPart.values(read, keys));
    }

    private static <T extends Record> T part(Class<T> type, String what, JsonNode node) throws IOException {
        if (!node.isObject()) {
            throw new IOException(what + " is not described");
        }
        return switch (ConfigPart.read(type, what, node.toString())) {
            case ConfigPart.Result.Sound<T>(T value) -> value;
            case ConfigPart.Result.Faulty<T>(List<ConfigProblem> problems) ->
                throw new IOException(what + ": " + problems.getFirst().detail());
        };
    }
}
