package dev.weir.config;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The whole configuration of one Weir; its parts are records too. */
public record WeirConfig(
        int eventLoops,
        List<ListenerConfig> listeners,
        List<RouteConfig> routes,
        Map<String, PoolConfig> pools,
        AccessLogConfig accessLog,
        @Nullable AdminConfig admin,
        ShutdownConfig shutdown) {
    /** How Weir stops. */
    public record ShutdownConfig(Duration deadline) {}

    /** The admin port. */
    public record AdminConfig(Address bind) {}
}
