package dev.weir.config;

/** How a server is chosen from the pool. */
@Reserved(name = "adaptive", because = "'adaptive' is not there yet; least-requests is the default until it is")
public enum BalanceConfig {
    /** In turn, each as often as its weight says. */
    ROUND_ROBIN,
    /** The one with the fewest requests in flight for its weight. */
    LEAST_REQUESTS,
    /** Any, with a chance in proportion to its weight. */
    RANDOM,
    /** The less busy of two chosen at random. */
    P2C
}
