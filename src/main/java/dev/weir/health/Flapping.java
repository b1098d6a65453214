package dev.weir.health;

/** Whether a server goes and comes again and again: a score that rises by one with each loss and halves in a minute. */
final class Flapping {
    private static final double HALF_LIFE_NANOS = 60e9;
    private static final double BEGINS = 2.5;
    private static final double ENDS = 1;

    private double score;
    private long at;
    private boolean flapping;

    /** The server was lost. */
    void lost(long now) {
        decay(now);
        score++;
        flapping |= score >= BEGINS;
    }

    /** Whether it flaps now. */
    boolean now(long now) {
        decay(now);
        flapping &= score > ENDS;
        return flapping;
    }

    /** How many times as many checks must pass before a server is back that flaps. */
    int patience(long now) {
        return now(now) ? 2 + (int) score : 1;
    }

    private void decay(long now) {
        score *= Math.pow(0.5, (now - at) / HALF_LIFE_NANOS);
        at = now;
    }
}
