package dev.weir.health;

import java.util.List;

/**
 * What there is to say about a pool's health.
 *
 * @param panic whether so few servers are up that requests go to servers that are not
 * @param up servers that get requests because of their state
 */
public record PoolReport(String name, boolean panic, int up, List<ServerReport> servers) {
    public PoolReport {
        servers = List.copyOf(servers);
    }
}
