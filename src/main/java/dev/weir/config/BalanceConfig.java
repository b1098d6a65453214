package dev.weir.config;

/** How a server is chosen from the pool. */
public enum BalanceConfig {
    ROUND_ROBIN,
    LEAST_REQUESTS,
    RANDOM,
    P2C
}
