package dev.weir.observe;

import static java.util.Objects.requireNonNull;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What one event loop counts. All methods and all changes of the counters belong to the loop's thread; a scrape on any
 * other thread only reads.
 */
public final class LoopMeters {
    private static final VarHandle VERSION;
    private static final VarHandle MADE;

    static {
        try {
            VERSION = MethodHandles.lookup().findVarHandle(LoopMeters.class, "version", int.class);
            MADE = MethodHandles.lookup().findVarHandle(LoopMeters.class, "made", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Connections accepted from clients, since the start. */
    public final Counter connectionsAccepted = new Counter();

    /** Connections to clients that are open now. */
    public final Counter connectionsOpen = new Counter();

    /** Connections closed at once because a limit was reached. */
    public final Counter connectionsRefused = new Counter();

    /** Requests whose head was read and whose answer is not finished. */
    public final Counter requestsInFlight = new Counter();

    /** Bytes read from clients, heads included. */
    public final Counter bytesReceived = new Counter();

    /** Bytes written to clients, heads included. */
    public final Counter bytesSent = new Counter();

    /** Connections that switched to another protocol, since the start. */
    public final Counter upgrades = new Counter();

    /** Switched connections that are open now. */
    public final Counter tunnelsOpen = new Counter();

    /** Client connections that spoke HTTP/2, since the start. */
    public final Counter http2Connections = new Counter();

    /** Streams of HTTP/2 connections of clients that are open now. */
    public final Counter http2StreamsOpen = new Counter();

    private final Map<Flood, Counter> floods = new EnumMap<>(Flood.class);
    private final Map<Cause, Counter> causes = new EnumMap<>(Cause.class);
    private final Map<Handshake, Counter> handshakes = new EnumMap<>(Handshake.class);
    // With one writer the map's locks are never waited for; its readers take none.
    private final Map<String, PoolMeters> pools = new ConcurrentHashMap<>();
    // Odd while forget() moves numbers from one place to another; written by the loop, read by a scrape.
    private int version;
    // Written by the loop after the cells, read by the control plane before it looks for them.
    private int made;

    LoopMeters() {
        for (Cause cause : Cause.values()) {
            causes.put(cause, new Counter());
        }
        for (Handshake result : Handshake.values()) {
            handshakes.put(result, new Counter());
        }
        for (Flood flood : Flood.values()) {
            floods.put(flood, new Counter());
        }
    }

    /** Counts one exchange that ended for this cause. */
    public void cause(Cause cause) {
        requireNonNull(causes.get(cause)).increment();
    }

    /** Counts a TLS handshake with a client that ended so. */
    public void handshake(Handshake result) {
        requireNonNull(handshakes.get(result)).increment();
    }

    /** How often TLS handshakes ended so. Any thread. */
    long handshakes(Handshake result) {
        return requireNonNull(handshakes.get(result)).get();
    }

    /** Counts one HTTP/2 connection that was ended for this. */
    public void flood(Flood flood) {
        requireNonNull(floods.get(flood)).increment();
    }

    /**
     * Counts a request that no server answered.
     *
     * @param pool the pool's name, empty when no route matched
     * @param status the status code sent to the client, 0 when none was
     */
    public void unserved(String pool, int status) {
        pool(pool).unserved.count(status);
    }

    /** Counts a request that has waited for a server, which took so long. */
    public void queued(String pool, long nanos) {
        pool(pool).queued.record(nanos);
    }

    /** The cells of further attempts in a pool; a look-up by name. */
    public RetryMeters retries(String pool) {
        return pool(pool).retries;
    }

    /** The cells of a server, made at the first call. To be kept by the caller: this is a look-up by name. */
    public ServerMeters server(String pool, String server) {
        ServerMeters cells = pool(pool).server(server);
        MADE.setRelease(this, made + 1);
        return cells;
    }

    /** How often cells of a server were made; until it changes, there are none of another server. Any thread. */
    public int serversMade() {
        return (int) MADE.getAcquire(this);
    }

    /** The cells of a server, if there are any yet; null otherwise. Any thread, to read only. */
    public @Nullable ServerMeters find(String pool, String server) {
        PoolMeters meters = pools.get(pool);
        return meters == null ? null : meters.servers.get(server);
    }

    /**
     * Ends the series of a removed server. Its durations stay in those of its pool, whose histograms must not shrink.
     * Requests that are still with the server may go on to use its cells.
     */
    public void forget(String pool, String server) {
        VERSION.setOpaque(this, version + 1);
        VarHandle.releaseFence();
        pool(pool).forget(server);
        VERSION.setRelease(this, version + 1);
    }

    /** Ends all series of a pool that was removed. Requests that are still under way in it may begin them again. */
    public void forget(String pool) {
        VERSION.setOpaque(this, version + 1);
        VarHandle.releaseFence();
        pools.remove(pool);
        VERSION.setRelease(this, version + 1);
    }

    /** Adds the times to first bytes in the pool. Any thread. */
    void addFirstBytes(String pool, long[] sums) {
        PoolMeters meters = pools.get(pool);
        if (meters != null) {
            meters.formerFirstBytes.addTo(sums);
            meters.servers.values().forEach(server -> server.firstByte.addTo(sums));
        }
    }

    /** Adds how many requests of each pool have ended, and how many of them with 5xx or no answer. Any thread. */
    void addRequests(Map<String, Activity.Requests> sums) {
        pools.forEach((name, pool) -> {
            long[] byClass = new long[StatusCounters.CLASSES.size()];
            pool.unserved.addTo(byClass);
            pool.servers.values().forEach(server -> server.requests.addTo(byClass));
            sums.merge(name, Activity.Requests.of(byClass), Activity.Requests::plus);
        });
    }

    private PoolMeters pool(String name) {
        return pools.computeIfAbsent(name, key -> new PoolMeters());
    }

    /** How often exchanges ended for this cause. Any thread. */
    long causes(Cause cause) {
        return requireNonNull(causes.get(cause)).get();
    }

    /** How often connections were ended for this. Any thread. */
    long floods(Flood flood) {
        return requireNonNull(floods.get(flood)).get();
    }

    /**
     * The numbers of all pools. Any thread but the loop's own. What {@link #forget} moves is seen before or after the
     * move, never twice or not at all: the reading is done again when the version tells of a move meanwhile.
     */
    Map<String, PoolReading> read() {
        while (true) {
            int before = (int) VERSION.getAcquire(this);
            if ((before & 1) == 0) {
                Map<String, PoolReading> readings = new HashMap<>();
                pools.forEach((name, pool) -> readings.put(name, PoolReading.of(pool)));
                VarHandle.acquireFence();
                if (before == (int) VERSION.getOpaque(this)) {
                    return readings;
                }
            }
            Thread.onSpinWait();
        }
    }
}
