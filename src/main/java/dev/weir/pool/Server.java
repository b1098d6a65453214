package dev.weir.pool;

import dev.weir.config.Address;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.SocketAddress;

/**
 * One address of a pool, and what is known of it right now. Its identity is the pool's name and the address; it outlives
 * snapshots of the configuration, so a reload never forgets its load. Made by {@link ServerRegistry}.
 *
 * <p>All methods may be called on any thread. The weight is not here: it belongs to the {@link ServerSet} of a snapshot.
 */
public final class Server {
    private static final SocketAddress[] UNRESOLVED = {};
    private static final VarHandle IN_FLIGHT;

    static {
        try {
            IN_FLIGHT = MethodHandles.lookup().findVarHandle(Server.class, "inFlight", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final String pool;
    private final Address address;
    private final String name;
    private final int slot;

    /** Changed by atomic addition; read opaquely, since a choice of server may be a moment out of date. */
    @SuppressWarnings("UnusedVariable") // read and written through the handle only
    private int inFlight;

    private volatile SocketAddress[] endpoints = UNRESOLVED;

    Server(String pool, Address address, int slot) {
        this.pool = pool;
        this.address = address;
        this.name = address.toString();
        this.slot = slot;
    }

    /** The name of the pool that this server is in; the same address in two pools is two servers. */
    public String pool() {
        return pool;
    }

    public Address address() {
        return address;
    }

    /** The address as text, as it stands in logs, metrics and the admin API. */
    public String name() {
        return name;
    }

    /**
     * A small index, from 0, for tables that each event loop keeps. No two servers in use have the same, but it goes to
     * another server once this one is released: who finds an entry by slot must compare the entry's server with this.
     */
    public int slot() {
        return slot;
    }

    /** Requests sent or being sent to this server and not yet ended, those still connecting included; of all loops. */
    public int inFlight() {
        return (int) IN_FLIGHT.getOpaque(this);
    }

    /** Counts one request in, as soon as this server is chosen for it. Each call is matched by one of {@link #end}. */
    public void begin() {
        IN_FLIGHT.getAndAdd(this, 1);
    }

    /** Counts one request out: answered, failed or given up. */
    public void end() {
        int before = (int) IN_FLIGHT.getAndAdd(this, -1);
        assert before > 0 : name + " ends a request that did not begin";
    }

    /** Where to connect to, in order of preference; empty when the name is not resolved. Not to be modified. */
    public SocketAddress[] endpoints() {
        return endpoints;
    }

    /** Publishes the outcome of a name resolution; control plane. The array passes to this server. */
    public void endpoints(SocketAddress[] resolved) {
        endpoints = resolved;
    }

    @Override
    public String toString() {
        return pool + "/" + name;
    }
}
