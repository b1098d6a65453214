package dev.weir.health;

import static java.util.Objects.requireNonNull;

import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import dev.weir.config.PoolConfig;
import java.util.random.RandomGenerator;

/** Configurations of a pool from a few words of YAML. */
final class Rules {
    private Rules() {}

    /** A pool of so many servers with these further keys, each on a line. */
    static PoolConfig pool(int servers, String keys) {
        StringBuilder yaml =
                new StringBuilder("listeners: [{ bind: \"127.0.0.1:0\" }]\npools:\n  web:\n    servers: [");
        for (int i = 0; i < servers; i++) {
            yaml.append("\"10.0.0.1:").append(9001 + i).append("\", ");
        }
        yaml.append("]\n");
        keys.lines().forEach(line -> yaml.append("    ").append(line).append('\n'));
        return of(yaml.toString());
    }

    /** The pool {@code web} of this configuration. */
    static PoolConfig of(String yaml) {
        if (ConfigReader.read("test.yaml", yaml) instanceof ConfigResult.Sound sound) {
            return requireNonNull(sound.config().pools().get("web"));
        }
        throw new IllegalArgumentException(ConfigReader.read("test.yaml", yaml).toString());
    }

    /** What these keys say about one server. */
    static HealthRules of(int servers, String keys) {
        PoolConfig pool = pool(servers, keys);
        return HealthRules.of(pool, pool.servers().getFirst());
    }

    /** One of these. */
    static <T> T any(RandomGenerator random, T[] of) {
        return of[random.nextInt(of.length)];
    }
}
