package dev.weir.observe;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * All numbers of one Weir: the cells of its event loops, and values that others offer to be read at each scrape. A
 * scrape reads; it never makes a loop wait.
 */
public final class Meters {
    /** Takes the values of one metric while it is scraped. */
    @FunctionalInterface
    public interface Samples {
        /** One value; as many label values as the metric has label names, in their order. */
        void add(double value, String... labelValues);

        /** As {@link #add(double, String...)}, for counts; beyond 2^53 the last digits are rounded. */
        default void add(long value, String... labelValues) {
            add((double) value, labelValues);
        }
    }

    enum Kind {
        GAUGE,
        COUNTER
    }

    record Offered(Kind kind, String name, String help, List<String> labels, Consumer<Samples> source) {}

    private final List<LoopMeters> loops;
    private final Map<String, Offered> offered = new ConcurrentSkipListMap<>();

    /** Meters of so many event loops. */
    public Meters(int loops) {
        this.loops = Stream.generate(LoopMeters::new).limit(loops).toList();
    }

    /** How many event loops there are. */
    public int loops() {
        return loops.size();
    }

    /** The cells of the event loop with this index, 0 to {@code loops() - 1}. */
    public LoopMeters loop(int index) {
        return loops.get(index);
    }

    /**
     * Offers a value that goes up and down. A later offer of the same name replaces this one.
     *
     * @param name the full name with its base unit, such as {@code weir_server_requests_in_flight}
     * @param help one sentence
     * @param labels the label names, perhaps none
     * @param source called at each scrape on the scraping thread; must not block
     */
    public void gauge(String name, String help, List<String> labels, Consumer<Samples> source) {
        offered.put(name, new Offered(Kind.GAUGE, name, help, List.copyOf(labels), source));
    }

    /** Offers a count that never shrinks; as {@link #gauge}, and the name ends in {@code _total}. */
    public void counter(String name, String help, List<String> labels, Consumer<Samples> source) {
        if (!name.endsWith("_total")) {
            throw new IllegalArgumentException("The name of a counter ends in _total: " + name);
        }
        offered.put(name, new Offered(Kind.COUNTER, name, help, List.copyOf(labels), source));
    }

    /** How long the pool's servers have taken to the first bytes of their responses, since the start. Any thread but a loop. */
    public Durations firstBytes(String pool) {
        long[] sums = new long[Histogram.CELLS];
        loops.forEach(loop -> loop.addFirstBytes(pool, sums));
        return new Durations(sums);
    }

    /** How much goes on, for people; a small part of a scrape. Any thread but a loop. */
    public Activity activity() {
        Map<String, Activity.Requests> pools = new HashMap<>();
        long connections = 0;
        long tunnels = 0;
        long inFlight = 0;
        for (LoopMeters loop : loops) {
            loop.addRequests(pools);
            connections += loop.connectionsOpen.get();
            tunnels += loop.tunnelsOpen.get();
            inFlight += loop.requestsInFlight.get();
        }
        return new Activity(System.nanoTime(), connections, tunnels, inFlight, pools);
    }

    Iterable<LoopMeters> cells() {
        return loops;
    }

    Iterable<Offered> offered() {
        return offered.values();
    }
}
