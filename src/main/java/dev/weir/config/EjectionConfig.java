package dev.weir.config;

import java.time.Duration;

/** Detection of failing servers from the requests that they are sent. */
@Shorthand
public record EjectionConfig(
        @Key(
                doc = "Whether servers that fail are ejected, that is, sent nothing for a while.",
                def = "on",
                kind = Scalar.BOOLEAN)
        boolean enabled,

        @Key(
                doc = "The time over which a server's answers are looked at.",
                def = "10s",
                min = "1s",
                max = "10m",
                kind = Scalar.DURATION)
        Duration window,

        @Key(
                doc =
                        "A server is ejected when so many of its answers in the window are failures: lost connections, times "
                                + "that ran out, statuses of 500 and above; unless the other servers fail about as much.",
                def = "50%",
                min = "1%",
                max = "100%",
                kind = Scalar.PERCENT)
        int failures,

        @Key(
                doc = "The least number of answers in the window by which a server is judged.",
                def = "10",
                min = "1",
                max = "1000000",
                kind = Scalar.INTEGER)
        int minRequests,

        @Key(
                doc = "A server is ejected when the median time to its first byte is so many times that of the other "
                        + "servers. `off`: slowness is no reason.",
                def = "5",
                min = "2",
                max = "1000",
                kind = Scalar.INTEGER,
                word = "off",
                wordValue = Integer.MAX_VALUE)
        int slowerBy,

        @Key(
                doc =
                        "How long an ejected server is sent nothing; doubled with each further ejection, up to `longest`.",
                def = "5s",
                min = "100ms",
                max = "1h",
                kind = Scalar.DURATION)
        Duration time,

        @Key(
                doc = "The longest time that a server is ejected for.",
                def = "5m",
                min = "100ms",
                max = "24h",
                kind = Scalar.DURATION)
        Duration longest,

        @Key(
                doc =
                        "The most servers that are ejected at once, as a share of those that are up; one at least, and never "
                                + "the last one.",
                def = "50%",
                min = "0%",
                max = "100%",
                kind = Scalar.PERCENT)
        int share,

        @Key(
                doc =
                        "When fewer than this share of the pool's servers are up, requests go to all servers but those that "
                                + "refuse connections (panic). `0%`: never.",
                def = "30%",
                min = "0%",
                max = "100%",
                kind = Scalar.PERCENT)
        int panicBelow) {}
