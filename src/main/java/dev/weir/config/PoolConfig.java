package dev.weir.config;

import java.time.Duration;
import java.util.List;

/** A group of servers that answer the same requests. Sizes are in bytes. */
public record PoolConfig(
        BalanceConfig balance,
        List<ServerConfig> servers,
        Timeouts timeouts,
        Connections connections,
        Retry retry,
        Limits limits) {
    /** One server. */
    public record ServerConfig(Address address, int weight) {}

    /** How long a server may take. */
    public record Timeouts(Duration connect, Duration firstByte, Duration bodyIdle, Duration tunnelIdle) {}

    /** Idle connections kept for each event loop and server. */
    public record Connections(int idle, Duration idleTimeout) {}

    /** Further attempts at other servers, and how much of a request's body is held for them. */
    public record Retry(int attempts, int bodyBytes) {}

    /** How much a server may send in one head, and how much of a message is held on its way through. */
    public record Limits(int headerBytes, int headers, int bufferBytes) {}
}
