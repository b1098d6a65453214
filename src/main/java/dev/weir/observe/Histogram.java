package dev.weir.observe;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * How often a duration fell between fixed bounds: six to a decade from 10 µs to 100 s, and 120 s. One thread records,
 * its event loop; any thread reads. Recording allocates nothing and takes a few nanoseconds.
 */
public final class Histogram {
    private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int[] STEPS = {10, 15, 20, 30, 50, 70};
    private static final int DECADES = 7;
    /** In nanoseconds; never changed. */
    static final long[] BOUNDS = bounds();
    // For each bit length of a duration, the first bound that it may be under.
    private static final byte[] FIRST = firstBounds();
    private static final int SUM = BOUNDS.length + 1;

    /** How many numbers {@link #addTo} adds: a count for each bound, one for what is above, and the sum. */
    public static final int CELLS = SUM + 1;

    // Written by the owner: elements opaquely, the reference only by mergeInto, whose readers try again.
    private long[] cells = new long[CELLS];

    private static long[] bounds() {
        long[] bounds = new long[DECADES * STEPS.length + 2];
        int i = 0;
        for (long unit = 1_000; i < DECADES * STEPS.length; unit *= 10) {
            for (int step : STEPS) {
                bounds[i++] = step * unit;
            }
        }
        bounds[i] = 100_000_000_000L;
        bounds[i + 1] = 120_000_000_000L;
        return bounds;
    }

    private static byte[] firstBounds() {
        byte[] first = new byte[Long.SIZE];
        for (int bits = 0; bits < Long.SIZE; bits++) {
            long smallest = bits == 0 ? 0 : 1L << (bits - 1);
            while (first[bits] < BOUNDS.length && BOUNDS[first[bits]] < smallest) {
                first[bits]++;
            }
        }
        return first;
    }

    /** Counts one duration of {@code nanos} nanoseconds; a negative one counts as 0. Owner only. */
    public void record(long nanos) {
        long duration = Math.max(nanos, 0);
        int cell = FIRST[Long.SIZE - Long.numberOfLeadingZeros(duration)];
        while (cell < BOUNDS.length && duration > BOUNDS[cell]) {
            cell++;
        }
        add(cell, 1);
        add(SUM, duration);
    }

    /**
     * Moves all counts to {@code target} and lets this one be a second name of it from now on, so that what is recorded
     * late is not lost. Owner of both only; readers may see a mix meanwhile, see {@link LoopMeters#read}.
     */
    void mergeInto(Histogram target) {
        for (int cell = 0; cell < CELLS; cell++) {
            target.add(cell, cells[cell]);
        }
        cells = target.cells;
    }

    /** Adds the cells to {@code sums}: first the counts, the sum in nanoseconds last. Any thread. */
    public void addTo(long[] sums) {
        long[] from = cells;
        for (int cell = 0; cell < CELLS; cell++) {
            sums[cell] += (long) CELL.getOpaque(from, cell);
        }
    }

    /** How many counts there are: {@link #CELLS} without the sum. */
    public static int counts() {
        return SUM;
    }

    /** The upper bound of the count at this place, in nanoseconds; for the last one twice the greatest bound. */
    public static long bound(int count) {
        return count < BOUNDS.length ? BOUNDS[count] : 2 * BOUNDS[BOUNDS.length - 1];
    }

    /** The upper bounds in seconds, the last one infinite. */
    static double[] boundsInSeconds() {
        double[] seconds = new double[BOUNDS.length + 1];
        for (int i = 0; i < BOUNDS.length; i++) {
            seconds[i] = BOUNDS[i] / 1e9;
        }
        seconds[BOUNDS.length] = Double.POSITIVE_INFINITY;
        return seconds;
    }

    private void add(int cell, long n) {
        CELL.setOpaque(cells, cell, cells[cell] + n);
    }
}
