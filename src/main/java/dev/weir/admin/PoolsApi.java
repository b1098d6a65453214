package dev.weir.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import dev.weir.config.AdminState;
import dev.weir.health.PoolReport;
import dev.weir.health.ServerReport;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * {@code /v1/pools} and what is below it: the pools, their servers and their health; a server's state can be changed.
 * There is no authentication, so it matters who asks: a page in a browser of the same machine may not, which is told by
 * the {@code Host} and {@code Origin} that the browser sends.
 */
final class PoolsApi {
    static final String ROOT = "/v1/";
    private static final int LONGEST_BODY = 4096;

    private final AdminView view;

    PoolsApi(AdminView view) {
        this.view = view;
    }

    /** All pools, each with how many of its servers are up. */
    private record Pools(List<Summary> pools) {}

    private record Summary(String name, boolean panic, int up, int servers) {}

    private record Servers(List<ServerReport> servers) {}

    void answer(HttpExchange exchange) throws IOException {
        if (Trusted.refuses(exchange)) {
            Answers.problem(
                    exchange, "Forbidden", 403, "Pages of other sites may not use the admin API through a browser.");
            return;
        }
        List<String> path = segments(exchange.getRequestURI());
        if (path == null || path.size() < 2 || !path.get(1).equals("pools")) {
            nothing(exchange);
        } else if (path.size() == 2) {
            pools(exchange);
        } else {
            pool(exchange, path);
        }
    }

    /** Each decoded, so that an address may have any characters; null when the encoding is broken. */
    private static @Nullable List<String> segments(URI uri) {
        List<String> segments = new ArrayList<>();
        try {
            for (String raw : uri.getRawPath().substring(1).split("/", -1)) {
                segments.add(URLDecoder.decode(raw.replace("+", "%2B"), UTF_8));
            }
        } catch (IllegalArgumentException broken) {
            return null;
        }
        return segments;
    }

    private void pools(HttpExchange exchange) throws IOException {
        if (!Answers.reads(exchange)) {
            Answers.notAllowed(exchange, "GET, HEAD", "The list of pools can only be read.");
            return;
        }
        Answers.json(
                exchange,
                new Pools(view.pools().stream()
                        .map(pool -> new Summary(
                                pool.name(),
                                pool.panic(),
                                pool.up(),
                                pool.servers().size()))
                        .toList()));
    }

    private void pool(HttpExchange exchange, List<String> path) throws IOException {
        PoolReport pool = view.pools().stream()
                .filter(each -> each.name().equals(path.get(2)))
                .findFirst()
                .orElse(null);
        if (pool == null) {
            Answers.problem(exchange, "Not Found", 404, "There is no pool '" + path.get(2) + "'.");
        } else if (path.size() == 3) {
            read(exchange, pool, "A pool can only be read.");
        } else if (path.size() == 4 && path.get(3).equals("servers")) {
            read(exchange, new Servers(pool.servers()), "The list of servers can only be read.");
        } else if (path.size() == 5 && path.get(3).equals("servers")) {
            server(exchange, pool, path.get(4));
        } else {
            nothing(exchange);
        }
    }

    private static void read(HttpExchange exchange, Object value, String otherwise) throws IOException {
        if (Answers.reads(exchange)) {
            Answers.json(exchange, value);
        } else {
            Answers.notAllowed(exchange, "GET, HEAD", otherwise);
        }
    }

    private void server(HttpExchange exchange, PoolReport pool, String address) throws IOException {
        ServerReport server = pool.servers().stream()
                .filter(each -> each.address().equals(address))
                .findFirst()
                .orElse(null);
        if (server == null) {
            Answers.problem(
                    exchange, "Not Found", 404, "The pool '" + pool.name() + "' has no server '" + address + "'.");
        } else if (Answers.reads(exchange)) {
            Answers.json(exchange, server);
        } else if (exchange.getRequestMethod().equals("PATCH")) {
            change(exchange, pool.name(), server);
        } else {
            Answers.notAllowed(exchange, "GET, HEAD, PATCH", "A server can be read (GET) and changed (PATCH).");
        }
    }

    private void change(HttpExchange exchange, String pool, ServerReport server) throws IOException {
        byte[] body = exchange.getRequestBody().readNBytes(LONGEST_BODY + 1);
        if (body.length > LONGEST_BODY) {
            Answers.problem(
                    exchange, "Content Too Large", 413, "A change has at most " + LONGEST_BODY + " bytes of JSON.");
            return;
        }
        JsonNode wanted;
        try {
            wanted = Answers.Json.MAPPER.readTree(body);
        } catch (JacksonException malformed) {
            wanted = null;
        }
        String wrong = wrong(wanted);
        AdminState state = wrong == null && wanted != null
                ? AdminState.of(wanted.get("state").stringValue())
                : null;
        if (state == null) {
            Answers.problem(exchange, "Bad Request", 400, wrong == null ? "" : wrong);
            return;
        }
        ServerReport changed = view.admin(pool, server.address(), state);
        if (changed == null) {
            Answers.problem(exchange, "Not Found", 404, "The server has just gone.");
        } else {
            Answers.json(exchange, changed);
        }
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

    private static void nothing(HttpExchange exchange) throws IOException {
        Answers.problem(
                exchange,
                "Not Found",
                404,
                "There is nothing at " + exchange.getRequestURI().getPath() + ".");
    }
}
