package dev.weir.control;

import dev.weir.config.Address;
import dev.weir.config.ConfigPart;
import dev.weir.config.ConfigProblem;
import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import dev.weir.config.PoolConfig;
import dev.weir.config.PoolConfig.ServerConfig;
import dev.weir.config.RouteConfig;
import dev.weir.config.WeirConfig;
import java.util.List;

/** Configurations for tests. */
final class Configs {
    /** Two pools, two routes, three servers. */
    static final String TEXT = """
            listeners: [{ bind: ":8080" }]
            routes:
              - { name: api, match: { path: "/api/*" }, pool: api }
              - { pool: web }
            pools:
              web: { servers: ["a:1", { address: "b:1", weight: 2 }] }
              api: { servers: ["c:1"] }
            """;

    private Configs() {}

    static WeirConfig read(String text) {
        return switch (ConfigReader.read("test", text)) {
            case ConfigResult.Sound sound -> sound.config();
            case ConfigResult.Faulty faulty -> throw new AssertionError(faulty.problems());
        };
    }

    static WeirConfig two() {
        return read(TEXT);
    }

    private static <T extends Record> T part(Class<T> type, String text) {
        return switch (ConfigPart.read(type, "test", text)) {
            case ConfigPart.Result.Sound<T>(T value) -> value;
            case ConfigPart.Result.Faulty<T>(List<ConfigProblem> problems) -> throw new AssertionError(problems);
        };
    }

    static ServerConfig server(String text) {
        return part(ServerConfig.class, text);
    }

    static PoolConfig pool(String text) {
        return part(PoolConfig.class, text);
    }

    static RouteConfig route(String text) {
        return part(RouteConfig.class, text);
    }

    static Address at(String address) {
        return Address.parseServer(address);
    }

    /** The addresses of a pool's servers in their order, each with its weight where that is not 1. */
    static List<String> servers(WeirConfig config, String pool) {
        PoolConfig in = config.pools().get(pool);
        return in == null
                ? List.of()
                : in.servers().stream()
                        .map(each -> each.address() + (each.weight() == 1 ? "" : "*" + each.weight()))
                        .toList();
    }

    static List<String> routes(WeirConfig config) {
        return config.routes().stream()
                .map(each -> each.match().path() + ">" + each.pool())
                .toList();
    }
}
