package dev.weir.observe;

import java.util.Map;

/**
 * How much goes on at one moment.
 *
 * @param nanos when, on the clock of {@link System#nanoTime}
 * @param connections of clients, open now
 * @param tunnels of these, those that switched to another protocol
 * @param inFlight requests under way
 * @param pools by name; the empty name is for requests that no route matched
 */
public record Activity(long nanos, long connections, long tunnels, long inFlight, Map<String, Requests> pools) {
    public Activity {
        pools = Map.copyOf(pools);
    }

    /**
     * Requests that have ended, those of servers that have left not included.
     *
     * @param failed those that ended with 5xx or without an answer
     */
    public record Requests(long all, long failed) {
        /** None. */
        public static final Requests NONE = new Requests(0, 0);

        static Requests of(long[] byClass) {
            long all = 0;
            for (long each : byClass) {
                all += each;
            }
            return new Requests(all, byClass[0] + byClass[byClass.length - 1]);
        }

        Requests plus(Requests other) {
            return new Requests(all + other.all, failed + other.failed);
        }
    }

    /** Of all pools. */
    public Requests all() {
        return pools.values().stream().reduce(Requests.NONE, Requests::plus);
    }

    public Requests pool(String name) {
        return pools.getOrDefault(name, Requests.NONE);
    }
}
