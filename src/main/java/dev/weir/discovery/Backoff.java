package dev.weir.discovery;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** How long to wait after failures: twice as long after each, up to a bound, and never all at the same time. For one thread. */
public final class Backoff {
    private final Duration first;
    private final Duration longest;
    private final RandomGenerator random;
    private int failures;

    public Backoff(Duration first, Duration longest, RandomGenerator random) {
        this.first = first;
        this.longest = longest;
        this.random = random;
    }

    /** The pause after one more failure: from 80 to 120 hundredths of what it would be. */
    public Duration failed() {
        Duration pause = first.multipliedBy(1L << Math.min(failures++, 20));
        Duration bounded = pause.compareTo(longest) > 0 ? longest : pause;
        return Duration.ofNanos((long) (bounded.toNanos() * (0.8 + 0.4 * random.nextDouble())));
    }

    /** It works again: the next failure is the first. */
    public void worked() {
        failures = 0;
    }
}
