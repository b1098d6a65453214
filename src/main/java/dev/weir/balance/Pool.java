package dev.weir.balance;

import dev.weir.config.PoolConfig;
import dev.weir.pool.Server;
import dev.weir.pool.ServerSet;
import org.jspecify.annotations.Nullable;

/**
 * A named group of servers in one snapshot, and the picker that chooses among those that are ready. Immutable but for the
 * picker, which the control plane replaces when other servers become ready.
 */
public final class Pool {
    private final String name;
    private final PoolConfig config;
    private final ServerSet servers;
    /** Written by the control plane, read by the loops once for each choice. */
    private volatile Picker picker;

    /** A pool that was not there before. */
    public Pool(String name, PoolConfig config, ServerSet servers) {
        this(name, config, servers, Picker.NONE);
    }

    private Pool(String name, PoolConfig config, ServerSet servers, Picker previous) {
        this.name = name;
        this.config = config;
        this.servers = servers;
        this.picker = BalancingPolicy.prepare(config.balance(), servers, previous);
    }

    /** This pool with another configuration or other servers: the rotation goes on where it is. */
    public Pool with(PoolConfig config, ServerSet servers) {
        return new Pool(name, config, servers, picker);
    }

    public String name() {
        return name;
    }

    public PoolConfig config() {
        return config;
    }

    /** All servers, those of weight 0 included. */
    public ServerSet servers() {
        return servers;
    }

    /**
     * From now on only these servers are chosen, with these weights: those of the pool that are ready. The rotation goes
     * on where it is. Control plane; one thread at a time.
     */
    public void ready(ServerSet ready) {
        picker = BalancingPolicy.prepare(config.balance(), ready, picker);
    }

    /** The server for the next attempt, or null when none is left: see {@link Picker#pick}. Any event loop. */
    public @Nullable Server pick(Choice choice) {
        return picker.pick(choice);
    }
}
