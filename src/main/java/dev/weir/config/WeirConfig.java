package dev.weir.config;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The whole configuration of one Weir; its parts are records too. Immutable; maps keep the order of the file.
 *
 * @param eventLoops 0 for one per processor
 * @param routes empty when the only pool takes every request
 * @param admin null for no admin port
 * @param stateFile empty for the place beside the file
 * @param pidFile empty for none
 */
public record WeirConfig(
        @Key(
                doc = "Threads that move requests. `auto`: one per processor.",
                def = "auto",
                min = "0",
                max = "1024",
                kind = Scalar.INTEGER,
                word = "auto")
        int eventLoops,

        @Key(doc = "The addresses that clients connect to.", required = true, min = "1")
        List<ListenerConfig> listeners,

        @Key(doc = "Which requests go to which pool: the first route that matches wins. One pool needs no routes.")
        List<RouteConfig> routes,

        @Key(
                doc = "Groups of servers that answer the same requests, by name. A name is made of letters, digits, "
                        + "`-`, `_` and `.`.",
                required = true,
                min = "1")
        Map<String, PoolConfig> pools,

        @Key(doc = "How the names of servers are resolved.") ResolverConfig resolver,

        @Key(doc = "Where the line that each request leaves is written.")
        AccessLogConfig accessLog,

        @Key(doc = "The admin port: API and metrics. Without it there is none.") @Nullable AdminConfig admin,

        @Key(
                doc = "Where changes made by the admin API are kept, so that they survive a reload and a restart."
                        + " Without it: beside the configuration file, under its name and `.state.json`. `off`:"
                        + " nowhere, they end with the process.",
                kind = Scalar.FILE_NAME)
        String stateFile,

        @Key(doc = "How Weir stops.") ShutdownConfig shutdown,

        @Key(doc = "How a new process takes over from a running one, see [operations](operations.md).")
        UpgradeConfig upgrade,

        @Key(
                doc = "The file that has the number of the process while it runs. A file that is there already is "
                        + "replaced.",
                kind = Scalar.FILE_NAME)
        String pidFile,

        @Key(
                doc =
                        "How long Weir makes requests of its own, to itself, when it starts, before it listens: code that has "
                                + "been used is fast. Of use where it starts into full traffic.",
                def = "0s",
                min = "0s",
                max = "1m",
                kind = Scalar.DURATION)
        Duration warmUp) {
    public WeirConfig {
        listeners = List.copyOf(listeners);
        routes = List.copyOf(routes);
        pools = Collections.unmodifiableMap(new LinkedHashMap<>(pools));
    }

    /** A configuration of these listeners and pools with every default and no routes. */
    public static WeirConfig of(List<ListenerConfig> listeners, Map<String, PoolConfig> pools) {
        return ConfigDefaults.of(WeirConfig.class, Map.of("listeners", listeners, "pools", pools));
    }

    /** How Weir stops. */
    public record ShutdownConfig(
            @Key(
                    doc = "How long `/readyz` says that Weir stops while everything is still served, so that whoever "
                            + "sends traffic here looks elsewhere first.",
                    def = "0s",
                    min = "0s",
                    max = "24h",
                    kind = Scalar.DURATION)
            Duration readinessDelay,

            @Key(
                    doc = "How long requests in flight may go on once the listeners are closed.",
                    def = "30s",
                    min = "0s",
                    max = "24h",
                    kind = Scalar.DURATION)
            Duration deadline,

            @Key(
                    doc = "The same for tunnels (WebSocket and other upgrades). At the end of it a tunnel ends as if "
                            + "its client had ended it.",
                    def = "30s",
                    min = "0s",
                    max = "168h",
                    kind = Scalar.DURATION)
            Duration tunnels,

            @Key(
                    doc = "How long a connection that is kept open may still bring a request, which is answered with "
                            + "`Connection: close`. Closing it at once would lose a request that is on its way.",
                    def = "1s",
                    min = "0s",
                    max = "1h",
                    kind = Scalar.DURATION)
            Duration idle,

            @Key(
                    doc =
                            "Over how long the ends of connections are spread, from the end of `readiness-delay` on: each client is told at a "
                                    + "moment of its own, so that not all go elsewhere at once.",
                    def = "0s",
                    min = "0s",
                    max = "1h",
                    kind = Scalar.DURATION)
            Duration spread)
            implements DrainConfig {}

    /** How a new process takes over. */
    public record UpgradeConfig(
            @Key(
                    doc = "How long the new process may take until it is ready. It is ended then, and the old one "
                            + "goes on.",
                    def = "1m",
                    min = "1s",
                    max = "1h",
                    kind = Scalar.DURATION)
            Duration startTimeout,

            @Key(
                    doc = "Over how long clients are told to leave the connections that they keep open, one after the "
                            + "other: a new process is slower at first, and all at once would notice.",
                    def = "5s",
                    min = "0s",
                    max = "1h",
                    kind = Scalar.DURATION)
            Duration spread,

            @Key(
                    doc = "How long requests in flight may go on in the old process.",
                    def = "10m",
                    min = "0s",
                    max = "24h",
                    kind = Scalar.DURATION)
            Duration deadline,

            @Key(
                    doc = "How long tunnels (WebSocket and other upgrades) may go on in the old process.",
                    def = "1h",
                    min = "0s",
                    max = "168h",
                    kind = Scalar.DURATION)
            Duration tunnels,

            @Key(
                    doc = "How long a connection that is kept open may still bring the old process a request, which is "
                            + "answered with `Connection: close`. The listener's `timeouts.keep-alive` holds as well.",
                    def = "1m",
                    min = "0s",
                    max = "1h",
                    kind = Scalar.DURATION)
            Duration idle,

            @Key(
                    doc =
                            "How long the new process makes requests of its own, to itself, before it says that it is ready: "
                                    + "code that has been used is fast.",
                    def = "3s",
                    min = "0s",
                    max = "1m",
                    kind = Scalar.DURATION)
            Duration warmUp)
            implements DrainConfig {}

    /**
     * The admin port.
     *
     * @param tokenFile empty for none
     * @param tokenEnv empty for none
     * @param mode in octal digits
     */
    public record AdminConfig(
            @Key(
                    doc = "Where to listen: a loopback address such as `127.0.0.1:9090`, or `unix:/path`. Any other"
                            + " address needs a token, for whoever reaches this port rules Weir.",
                    required = true,
                    kind = Scalar.BIND)
            Address bind,

            @Key(
                    doc = "A file with the token that clients must send (`Authorization: Bearer …`). It is read anew"
                            + " when it changes. `/livez` and `/readyz` need none.",
                    kind = Scalar.FILE_NAME)
            String tokenFile,

            @Key(doc = "The environment variable that has the token, in place of a file.", kind = Scalar.ENVIRONMENT)
            String tokenEnv,

            @Key(
                    doc = "Who may connect to a unix socket, as the mode of its file.",
                    def = "0600",
                    kind = Scalar.FILE_MODE)
            String mode) {
        /** Without a token. */
        public AdminConfig(Address bind) {
            this(bind, "", "", "0600");
        }
    }
}
