package dev.weir.observe;

/** What histograms of several loops had counted at one moment. Immutable. */
public final class Durations {
    private final long[] cells;

    /** The cells of a {@link Histogram}; the array passes to this. */
    Durations(long[] cells) {
        this.cells = cells;
    }

    /** What was counted after {@code earlier}. */
    public Durations since(Durations earlier) {
        long[] more = cells.clone();
        for (int i = 0; i < more.length; i++) {
            more[i] = Math.max(more[i] - earlier.cells[i], 0);
        }
        return new Durations(more);
    }

    /** How many were counted. */
    public long count() {
        long count = 0;
        for (int i = 0; i < cells.length - 1; i++) {
            count += cells[i];
        }
        return count;
    }

    /**
     * A duration in nanoseconds that this share of all did not exceed, found within its bounds as if durations were spread
     * evenly between them; {@link Long#MAX_VALUE} when it lies above all bounds, or nothing was counted.
     */
    public long quantile(double share) {
        double rank = share * count();
        long below = 0;
        for (int i = 0; i < Histogram.BOUNDS.length; i++) {
            if (cells[i] > 0 && below + cells[i] >= rank) {
                long from = i == 0 ? 0 : Histogram.BOUNDS[i - 1];
                return from + (long) ((Histogram.BOUNDS[i] - from) * (rank - below) / cells[i]);
            }
            below += cells[i];
        }
        return Long.MAX_VALUE;
    }
}
