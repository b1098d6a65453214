package dev.weir.balance;

import dev.weir.config.PoolConfig;
import dev.weir.pool.Server;
import dev.weir.pool.ServerSet;
import org.jspecify.annotations.Nullable;

/**
 * A named group of servers, and the picker that chooses among those that are ready. It outlives snapshots: the control
 * plane changes what it is made of, so that a request that waits for a server is given one that was added meanwhile.
 */
public final class Pool {
    private final String name;
    private final WaitingLine line = new WaitingLine();
    /** Written by the control plane. */
    private volatile PoolConfig config;

    private volatile ServerSet servers;
    /** Written by the control plane, read by the loops once for each choice. */
    private volatile Picker picker;

    /** What the picker chooses from; written before it. */
    private volatile ServerSet ready;

    /** A pool that was not there before. All its servers may be chosen until {@link #ready} says otherwise. */
    public Pool(String name, PoolConfig config, ServerSet servers) {
        this.name = name;
        this.config = config;
        this.servers = servers;
        this.ready = servers;
        this.picker = BalancingPolicy.prepare(config.balance(), servers, Picker.NONE);
    }

    /**
     * Gives it another configuration or other servers. Who is chosen does not change before the {@link #ready} that is to
     * follow. Control plane; one thread at a time.
     */
    public void change(PoolConfig config, ServerSet servers) {
        this.config = config;
        this.servers = servers;
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
        this.ready = ready;
        picker = BalancingPolicy.prepare(config.balance(), ready, picker);
        wake();
    }

    /** Requests that wait for a server. */
    public WaitingLine line() {
        return line;
    }

    /** Lets as many requests that wait try again as the servers have places free: limits were raised. Control plane. */
    public void wake() {
        ServerSet servers = ready;
        long places = 0;
        for (int i = 0; i < servers.size(); i++) {
            Server server = servers.server(i);
            places += Math.max(0, (long) server.limit() - server.inFlight());
        }
        for (long woken = Math.min(places, line.length()); woken > 0; woken--) {
            line.wake();
        }
    }

    /** Whether some server would take a request now; looks at all of them. */
    public boolean admits() {
        ServerSet servers = ready;
        for (int i = 0; i < servers.size(); i++) {
            if (servers.weight(i) > 0 && servers.server(i).admits()) {
                return true;
            }
        }
        return false;
    }

    /** Whether some server is up, though it may have as many requests as it may have: who waits will get a turn. */
    public boolean up() {
        ServerSet servers = ready;
        for (int i = 0; i < servers.size(); i++) {
            if (servers.weight(i) > 0 && servers.server(i).limit() > 0) {
                return true;
            }
        }
        return false;
    }

    /** The server for the next attempt, or null when none is left: see {@link Picker#pick}. Any event loop. */
    public @Nullable Server pick(Choice choice) {
        return picker.pick(choice);
    }
}
