package dev.weir.config;

import java.time.Duration;

/** HTTP/2 with servers (RFC 9113). Sizes are in bytes. */
public record PoolHttp2(
        @Key(
                doc = "Requests at the same time on one connection, at most; fewer where the server says so. Then a "
                        + "further connection is opened.",
                def = "100",
                min = "1",
                max = "100000",
                kind = Scalar.INTEGER)
        int maxConcurrentStreams,

        @Key(
                doc = "How much of one response's body a server may send before the client has taken it.",
                def = "64KiB",
                min = "1KiB",
                max = "64MiB",
                kind = Scalar.SIZE)
        int streamWindow,

        @Key(
                doc = "The same for all responses of a connection together. With less than `stream-window` times "
                        + "`max-concurrent-streams`, clients that take nothing can hold up the others.",
                def = "8MiB",
                min = "64KiB",
                max = "256MiB",
                kind = Scalar.SIZE)
        int connectionWindow,

        @Key(
                doc = "How long a connection with requests may be silent before the server is asked for a sign of life "
                        + "(PING).",
                def = "10s",
                min = "100ms",
                max = "24h",
                kind = Scalar.DURATION)
        Duration pingAfter,

        @Key(
                doc = "How long the server may take for that sign; then the connection counts as broken.",
                def = "5s",
                min = "10ms",
                max = "1h",
                kind = Scalar.DURATION)
        Duration pingTimeout) {}
