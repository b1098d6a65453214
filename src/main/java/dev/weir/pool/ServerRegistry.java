package dev.weir.pool;

import dev.weir.config.Address;
import dev.weir.config.PoolConfig.ServerConfig;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Hands out the one {@link Server} for each pool and address, and their slots. Control plane only; thread-safe.
 *
 * <p>Use is counted. A reload acquires the servers of the new snapshot, publishes it, and releases those of the old: what
 * stays is acquired before it is released, so it is never forgotten, and what goes is let go. A server that nobody uses
 * any more is kept while requests are in flight to it, so that one removed and soon added again still knows its load.
 */
public final class ServerRegistry {
    private record Key(String pool, Address address) {}

    private static final class Entry {
        final Server server;
        int uses;

        Entry(Server server) {
            this.server = server;
        }

        boolean forgotten() {
            return uses == 0 && server.inFlight() == 0;
        }
    }

    private final Map<Key, Entry> entries = new LinkedHashMap<>();
    /** Those of the entries that nobody uses, most often none. */
    private final Set<Entry> unused = new LinkedHashSet<>();

    private final BitSet slots = new BitSet();

    /** The servers of a pool, each acquired, with their weights; a new one may have as many requests as is configured. */
    public synchronized ServerSet acquire(String pool, List<ServerConfig> servers) {
        List<Server> acquired = new ArrayList<>();
        for (ServerConfig config : servers) {
            boolean known = entries.containsKey(new Key(pool, config.address()));
            Server server = acquire(pool, config.address());
            if (!known) {
                server.limit(config.maxRequests());
            }
            acquired.add(server);
        }
        return ServerSet.of(
                acquired, servers.stream().mapToInt(ServerConfig::weight).toArray());
    }

    /** The server of this pool and address: the known one, or a new one. Each call needs one {@link #release}. */
    public synchronized Server acquire(String pool, Address address) {
        Key key = new Key(pool, address);
        Entry entry = entries.get(key);
        if (entry == null) {
            dropForgotten();
            int slot = slots.nextClearBit(0);
            slots.set(slot);
            entry = new Entry(new Server(pool, address, slot));
            entries.put(key, entry);
        }
        if (entry.uses++ == 0) {
            unused.remove(entry);
        }
        return entry.server;
    }

    /** Releases every server of a set. */
    public synchronized void release(ServerSet servers) {
        for (int i = 0; i < servers.size(); i++) {
            release(servers.server(i));
        }
    }

    /**
     * Gives back one use of a server. After the last one its slot goes to another as soon as nothing is in flight.
     *
     * @throws IllegalStateException when it was released more often than acquired
     */
    public synchronized void release(Server server) {
        Entry entry = entries.get(new Key(server.pool(), server.address()));
        if (entry == null || entry.server != server || entry.uses == 0) {
            throw new IllegalStateException(server + " is not in use");
        }
        if (--entry.uses == 0) {
            unused.add(entry);
            dropForgotten();
        }
    }

    /** The servers in use, in the order in which they were first acquired. */
    public synchronized List<Server> servers() {
        List<Server> inUse = new ArrayList<>();
        for (Entry entry : entries.values()) {
            if (entry.uses > 0) {
                inUse.add(entry.server);
            }
        }
        return inUse;
    }

    /** The servers that nobody uses any more but for requests under way. */
    public synchronized List<Server> leaving() {
        List<Server> leaving = new ArrayList<>();
        for (Entry entry : unused) {
            if (!entry.forgotten()) {
                leaving.add(entry.server);
            }
        }
        return leaving;
    }

    private void dropForgotten() {
        for (Iterator<Entry> each = unused.iterator(); each.hasNext(); ) {
            Entry entry = each.next();
            if (entry.forgotten()) {
                each.remove();
                entries.remove(new Key(entry.server.pool(), entry.server.address()));
                slots.clear(entry.server.slot());
            }
        }
    }
}
