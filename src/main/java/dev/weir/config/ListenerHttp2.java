package dev.weir.config;

import java.time.Duration;

/** HTTP/2 with clients (RFC 9113). Sizes are in bytes. A connection that breaks an abuse limit is closed with ENHANCE_YOUR_CALM. */
public record ListenerHttp2(
        @Key(
                doc = "Requests at the same time on one connection; one more is refused in a way that lets the client "
                        + "try it again.",
                def = "128",
                min = "1",
                max = "100000",
                kind = Scalar.INTEGER)
        int maxConcurrentStreams,

        @Key(
                doc = "How much of one request's body a client may send before Weir has passed it on.",
                def = "64KiB",
                min = "1KiB",
                max = "64MiB",
                kind = Scalar.SIZE)
        int streamWindow,

        @Key(
                doc = "The same for all requests of a connection together.",
                def = "1MiB",
                min = "64KiB",
                max = "256MiB",
                kind = Scalar.SIZE)
        int connectionWindow,

        @Key(
                doc = "The table in which a connection remembers header fields (HPACK), in each direction.",
                def = "4KiB",
                min = "0",
                max = "64KiB",
                kind = Scalar.SIZE)
        int headerTable,

        @Key(
                doc = "The frames over which one request head may be spread after its first.",
                def = "16",
                min = "0",
                max = "1000",
                kind = Scalar.INTEGER)
        int continuationFrames,

        @Key(
                doc = "Empty body frames in a row that do not end a request.",
                def = "10",
                min = "1",
                max = "10000",
                kind = Scalar.INTEGER)
        int emptyFrames,

        @Key(
                doc = "Requests that a client may call off, or make Weir call off by errors of its own, within "
                        + "`abuse-period`.",
                def = "200",
                min = "1",
                max = "1000000",
                kind = Scalar.INTEGER)
        int resets,

        @Key(
                doc = "Frames within `abuse-period` that carry neither a request nor its body nor room for a response: "
                        + "PING, SETTINGS, PRIORITY and unknown ones.",
                def = "1000",
                min = "10",
                max = "1000000",
                kind = Scalar.INTEGER)
        int controlFrames,

        @Key(
                doc = "Times within `abuse-period` that a client may make room for a response, beyond one for each 256 "
                        + "bytes of content that it was sent. More is a client that takes responses in crumbs.",
                def = "3000",
                min = "10",
                max = "1000000",
                kind = Scalar.INTEGER)
        int windowUpdates,

        @Key(
                doc = "Answers to control frames that may wait because the client does not read.",
                def = "1000",
                min = "10",
                max = "1000000",
                kind = Scalar.INTEGER)
        int queuedControlFrames,

        @Key(
                doc = "The time over which `resets`, `control-frames` and `window-updates` are counted.",
                def = "30s",
                min = "1s",
                max = "1h",
                kind = Scalar.DURATION)
        Duration abusePeriod) {}
