package dev.weir.balance;

import dev.weir.pool.Server;
import dev.weir.pool.ServerSet;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What one choice of a server needs beside the servers: randomness, and those already tried for this request. Kept and
 * reused by one event loop or exchange; not thread-safe.
 */
public final class Choice {
    /** Attempts at one request are few; more than this makes the array grow, once. */
    private static final int USUAL_ATTEMPTS = 11;

    private long state;
    private @Nullable Server[] tried = new @Nullable Server[USUAL_ATTEMPTS];
    private int size;

    /** Nothing is excluded yet; the same seed gives the same random numbers. */
    public Choice(long seed) {
        this.state = seed;
    }

    /** A random number from 0 to {@code bound} exclusive; {@code bound} is above 0. */
    public int random(int bound) {
        return (int) ((randomBits() * bound) >>> 32);
    }

    /** 32 random bits, without sign: SplitMix64, which needs one addition of state and no memory beside it. */
    long randomBits() {
        long z = state += 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return (z ^ (z >>> 31)) >>> 32;
    }

    /** Whether no server is excluded, that is, whether this is a request's first attempt. */
    public boolean isFirst() {
        return size == 0;
    }

    /** Whether the server is not to be chosen: ruled out here, or with as many requests as it may have. */
    public boolean excluded(Server server) {
        return !server.admits() || tried(server);
    }

    private boolean tried(Server server) {
        for (int i = 0; i < size; i++) {
            if (tried[i] == server) {
                return true;
            }
        }
        return false;
    }

    /** Rules the server out until {@link #clear}. */
    public void exclude(Server server) {
        if (tried(server)) {
            return;
        }
        if (size == tried.length) {
            tried = Arrays.copyOf(tried, 2 * size);
        }
        tried[size++] = server;
    }

    /** Makes this ready for the next request. */
    public void clear() {
        Arrays.fill(tried, 0, size, null);
        size = 0;
    }

    /** Any server of the set that is not excluded, looked for from a random place on; null when all are. */
    @Nullable Server anyOf(ServerSet servers) {
        int n = servers.size();
        int start = random(n);
        for (int i = 0; i < n; i++) {
            Server server = servers.server(start + i < n ? start + i : start + i - n);
            if (!excluded(server)) {
                return server;
            }
        }
        return null;
    }
}
