package dev.weir.config;

import java.time.Duration;
import java.util.Map;

/**
 * Checks of servers.
 *
 * @param path empty for none
 * @param host empty for the server's address
 * @param port 0 for the server's own
 */
@Shorthand
public record HealthConfig(
        @Key(
                doc = "`http`: a request that must be answered as expected. `tcp`: a connection, and with TLS its "
                        + "handshake. `grpc`: the health protocol of gRPC. `auto`: `http` where a `path` is written, else "
                        + "`tcp`. `off`: servers are taken for up until requests fail.",
                def = "auto")
        Type type,

        @Key(doc = "The path of the request, with a query if need be.", kind = Scalar.TARGET)
        String path,

        @Key(doc = "The method of the request.", def = "GET", kind = Scalar.METHOD)
        String method,

        @Key(doc = "The host that the request names. Without it, the server's address.", kind = Scalar.HOST_NAME)
        String host,

        @Key(doc = "Further header fields of the request.", kind = Scalar.TEXT, names = Scalar.HEADER)
        Map<String, String> headers,

        @Key(
                doc = "The status codes of a server that is up: numbers and ranges, as in `200-299,404`.",
                def = "200-399",
                kind = Scalar.STATUSES)
        StatusRanges expect,

        @Key(doc = "What the answer's first 64 KiB must contain: a text.", kind = Scalar.TEXT)
        String contains,

        @Key(doc = "What the answer's first 64 KiB must contain: a pattern (RE2).", kind = Scalar.PATTERN)
        String matches,

        @Key(doc = "The service that a gRPC check asks for. Without it, the whole server.", kind = Scalar.TEXT)
        String service,

        @Key(
                doc = "The port that is checked. `0`: that of the server.",
                def = "0",
                min = "0",
                max = "65535",
                kind = Scalar.INTEGER)
        int port,

        @Key(
                doc = "From one check to the next, give or take a tenth.",
                def = "2s",
                min = "50ms",
                max = "1h",
                kind = Scalar.DURATION)
        Duration every,

        @Key(
                doc =
                        "The same while the state is about to change, that is after a check whose outcome differs from the "
                                + "state. Never longer than `every`.",
                def = "500ms",
                min = "50ms",
                max = "1h",
                kind = Scalar.DURATION)
        Duration everyWhileChanging,

        @Key(doc = "How long a check may take.", def = "1s", min = "1ms", max = "5m", kind = Scalar.DURATION)
        Duration timeout,

        @Key(
                doc = "How many checks in a row must succeed before a server is up again.",
                def = "2",
                min = "1",
                max = "1000",
                kind = Scalar.INTEGER)
        int rise,

        @Key(
                doc = "How many checks in a row must fail before a server is down.",
                def = "2",
                min = "1",
                max = "1000",
                kind = Scalar.INTEGER)
        int fall,

        @Key(
                doc =
                        "The state of a server of which nothing is known yet. `checking`: the first check decides, at once; until "
                                + "then it is sent nothing unless no other is up. `up`, `down`: until checks say otherwise.",
                def = "checking")
        Initial initial) {
    /** What a check is. */
    public enum Type {
        AUTO,
        OFF,
        HTTP,
        TCP,
        GRPC
    }

    /** What a server is taken for before its first check. */
    public enum Initial {
        CHECKING,
        UP,
        DOWN
    }

    public HealthConfig {
        headers = Map.copyOf(headers);
        if (type == Type.AUTO && !path.isEmpty()) {
            type = Type.HTTP;
        }
    }

    /** The checks that are made when nothing is said of them. */
    public static HealthConfig standard() {
        return ConfigDefaults.of(HealthConfig.class, Map.of());
    }
}
