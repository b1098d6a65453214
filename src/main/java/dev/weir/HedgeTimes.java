package dev.weir;

import dev.weir.observe.Durations;
import dev.weir.observe.Meters;
import dev.weir.proxy.Hedging;
import dev.weir.proxy.RequestPlan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Tells pools with hedging when a request is slow: once a second, from what their servers took for first bytes in the last
 * ten to twenty seconds. Confined to its thread.
 */
final class HedgeTimes {
    private static final Duration EVERY = Duration.ofSeconds(1);
    private static final int LOOKS_A_WINDOW = 10;
    private static final double SLOW = 0.95;
    /** Of fewer requests it is not known what is slow. */
    private static final int FEWEST = 100;

    private final Meters meters;
    private final List<Watch> watches = new ArrayList<>();

    HedgeTimes(Meters meters, Iterable<RequestPlan.Destination> destinations) {
        this.meters = meters;
        for (RequestPlan.Destination destination : destinations) {
            Hedging hedging = destination.hedging();
            if (hedging != null) {
                watches.add(new Watch(destination.pool().name(), hedging));
            }
        }
    }

    /** Looks until it is interrupted, or at once returns when there is nothing to look at. */
    void keepLooking() {
        try {
            while (!watches.isEmpty()) {
                Thread.sleep(EVERY);
                watches.forEach(Watch::look);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
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
}
