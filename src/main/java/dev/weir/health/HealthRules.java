package dev.weir.health;

import dev.weir.config.EjectionConfig;
import dev.weir.config.HealthConfig;
import dev.weir.config.PoolConfig;
import dev.weir.config.PoolConfig.ServerConfig;

/**
 * What the configuration says about one server's health, in the units of the machine. Times in nanoseconds.
 *
 * @param checks how it is checked; of type {@code off} when it is not
 * @param fast from one check to the next while the state is about to change
 */
record HealthRules(HealthConfig checks, EjectionConfig ejection, long every, long fast, long slowStart) {
    static HealthRules of(PoolConfig pool, ServerConfig server) {
        HealthConfig checks = server.health() == null ? pool.health() : server.health();
        long every = checks.every().toNanos();
        long fast = Math.min(checks.everyWhileChanging().toNanos(), every / Math.max(2, checks.rise()));
        return new HealthRules(
                checks, pool.ejection(), every, fast, pool.slowStart().toNanos());
    }

    boolean checked() {
        return checks.type() != HealthConfig.Type.OFF;
    }

    /** Whether a check that passes tells that the server does its work, rather than that something listens there. */
    boolean vouching() {
        return checks.type() == HealthConfig.Type.HTTP || checks.type() == HealthConfig.Type.GRPC;
    }

    /**
     * From one check of a server that is down to the next: so long that with the further successes that it needs a server
     * is back within the usual interval.
     */
    long everyWhileDown() {
        return Math.max(fast, every - (checks.rise() - 1L) * fast);
    }
}
