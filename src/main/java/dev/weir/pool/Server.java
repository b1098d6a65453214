package dev.weir.pool;

import static java.util.Objects.requireNonNull;

import dev.weir.config.Address;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.SocketAddress;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One address of a pool, and what is known of it right now. Its identity is the pool's name and the address; it outlives
 * snapshots of the configuration, so a reload never forgets its load. Made by {@link ServerRegistry}.
 *
 * <p>All methods may be called on any thread. The weight is not here: it belongs to the {@link ServerSet} of a snapshot.
 */
public final class Server {
    /** The {@link #limit} of a server that has none. */
    public static final int UNLIMITED = Integer.MAX_VALUE;

    private static final SocketAddress[] UNRESOLVED = {};
    private static final VarHandle IN_FLIGHT;
    private static final VarHandle LIMIT;

    static {
        try {
            IN_FLIGHT = MethodHandles.lookup().findVarHandle(Server.class, "inFlight", int.class);
            LIMIT = MethodHandles.lookup().findVarHandle(Server.class, "limit", int.class);
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

    /** Written and read opaquely: which requests a change meets first is of no account. */
    @SuppressWarnings("UnusedVariable") // read and written through the handle only
    private int limit = UNLIMITED;

    private final Map<Failure, AtomicInteger> failures = new EnumMap<>(Failure.class);
    private volatile FailureListener failureListener = FailureListener.NONE;
    private volatile SocketAddress[] endpoints = UNRESOLVED;

    Server(String pool, Address address, int slot) {
        this.pool = pool;
        this.address = address;
        this.name = address.toString();
        this.slot = slot;
        for (Failure failure : Failure.values()) {
            failures.put(failure, new AtomicInteger());
        }
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

    /** How many requests this server may have at once: 0 while it is to get none, {@link #UNLIMITED}, or in between. */
    public int limit() {
        return (int) LIMIT.getOpaque(this);
    }

    /** Sets how many requests this server may have at once. Those under way stay whatever it is. */
    public void limit(int most) {
        LIMIT.setOpaque(this, most);
    }

    /** Whether one more request may begin, as far as can be told without beginning it. */
    public boolean admits() {
        return inFlight() < limit();
    }

    /**
     * Counts one request in, as soon as this server is chosen for it, unless its limit is reached: no two calls on any
     * threads together go beyond it. Each call that returns true is matched by one of {@link #end}.
     */
    public boolean tryBegin() {
        if ((int) IN_FLIGHT.getAndAdd(this, 1) < limit()) {
            return true;
        }
        IN_FLIGHT.getAndAdd(this, -1);
        return false;
    }

    /** Counts one request out: answered, failed or given up. */
    public void end() {
        int before = (int) IN_FLIGHT.getAndAdd(this, -1);
        assert before > 0 : name + " ends a request that did not begin";
    }

    /** Counts a failure of this server and tells of it at once. Any thread, most often an event loop. */
    public void failed(Failure failure) {
        requireNonNull(failures.get(failure)).getAndIncrement();
        failureListener.failed(this, failure);
    }

    /** How often this server failed so, since it was made; wraps around. */
    public int failures(Failure failure) {
        return requireNonNull(failures.get(failure)).get();
    }

    /** Who is told of failures from now on; control plane. */
    public void failureListener(FailureListener listener) {
        failureListener = listener;
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
