package dev.weir;

import dev.weir.observe.Durations;
import dev.weir.observe.Meters;
import dev.weir.proxy.Hedging;
import dev.weir.proxy.RequestPlan;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Tells pools with hedging when a request is slow: once a second, from what their servers took for first bytes in the last
 * ten to twenty seconds. Confined to its thread.
 */
final class HedgeTimes implements AutoCloseable {
    private static final Duration EVERY = Duration.ofSeconds(1);
    private static final int LOOKS_A_WINDOW = 10;
    private static final double SLOW = 0.95;
    /** Of fewer requests it is not known what is slow. */
    private static final int FEWEST = 100;

    private final Meters meters;
    private final Supplier<Collection<RequestPlan.Destination>> destinations;
    private final Map<Hedging, Watch> watches = new HashMap<>();
    private final Thread thread = Thread.ofVirtual().name("weir-hedging").unstarted(this::keepLooking);

    /** {@code destinations}: those of the snapshot in use. */
    HedgeTimes(Meters meters, Supplier<Collection<RequestPlan.Destination>> destinations) {
        this.meters = meters;
        this.destinations = destinations;
    }

    void start() {
        thread.start();
    }

    private void keepLooking() {
        try {
            while (true) {
                look();
                Thread.sleep(EVERY);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() {
        Set<Hedging> used = new HashSet<>();
        for (RequestPlan.Destination destination : destinations.get()) {
            Hedging hedging = destination.hedging();
            if (hedging != null) {
                used.add(hedging);
                watches.computeIfAbsent(
                        hedging, _ -> new Watch(destination.pool().name(), hedging));
            }
        }
        watches.keySet().retainAll(used);
        watches.values().forEach(Watch::look);
    }

    private final class Watch {
        private final String pool;
        private final Hedging hedging;
        private Durations before;
        private Durations last;
        private int looks;

        Watch(String pool, Hedging hedging) {
            this.pool = pool;
            this.hedging = hedging;
            this.before = meters.firstBytes(pool);
            this.last = before;
        }

        void look() {
            Durations now = meters.firstBytes(pool);
            Durations lately = now.since(before);
            if (lately.count() >= FEWEST) {
                hedging.delayNanos(lately.quantile(SLOW));
                if (++looks >= LOOKS_A_WINDOW) {
                    looks = 0;
                    before = last;
                    last = now;
                }
            }
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
