package dev.weir.config;

/** How many requests a server is given at once, found by measuring. */
@Shorthand
public record ConcurrencyConfig(
        @Key(
                doc =
                        "`adaptive`: each server's limit follows the times to its first byte (gradient of their short and long "
                                + "averages); more requests wait, see `queue`. `off`: no limit but `max-requests`.",
                def = "off")
        Limit limit,

        @Key(
                doc = "The limit that a server begins with.",
                def = "20",
                min = "1",
                max = "1000000",
                kind = Scalar.INTEGER)
        int initial,

        @Key(doc = "The lowest limit.", def = "4", min = "1", max = "1000000", kind = Scalar.INTEGER)
        int min,

        @Key(doc = "The highest limit.", def = "1000", min = "1", max = "1000000", kind = Scalar.INTEGER)
        int max) {
    /** Whether there is a limit, and how it is found. */
    public enum Limit {
        OFF,
        ADAPTIVE
    }
}
