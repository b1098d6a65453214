package dev.weir.health;

import dev.weir.config.ConcurrencyConfig;
import dev.weir.limit.Gradient;
import dev.weir.observe.Histogram;

/** The limit that follows from the times to a server's first byte ({@link Gradient}). */
final class AdaptiveLimit implements LimitRule {
    private final Gradient gradient;
    private long count;
    private long nanos;

    AdaptiveLimit(ConcurrencyConfig config) {
        gradient = new Gradient(config);
    }

    @Override
    public int limit(TrafficReading reading, int inFlight) {
        int counts = Histogram.counts();
        long newCount = 0;
        for (int i = 0; i < counts; i++) {
            newCount += reading.firstByte[i];
        }
        long newNanos = reading.firstByte[counts];
        // A histogram that began anew has less.
        if (newCount > count) {
            gradient.sample(newCount - count, newNanos - nanos, inFlight);
        }
        count = newCount;
        nanos = newNanos;
        return gradient.limit();
    }
}
