package dev.weir.health;

import dev.weir.observe.Histogram;
import java.util.Arrays;

/**
 * What one server's traffic was like lately: a window of {@value #BUCKETS} buckets over differences of readings. Pure:
 * time is an argument. Says what was; what it means beside the other servers is for {@link Outliers}.
 */
final class TrafficWindow {
    private static final int BUCKETS = 10;
    /** The newest so many buckets, the current one included, show a change before the whole window does. */
    private static final int RECENT = 2;
    /** The failures of about the last so many answers count as much as those of the window. */
    static final int RECENT_ANSWERS = 50;

    private final long bucketNanos;
    private final int[] merged = new int[Histogram.counts()];
    private final int[][] times = new int[BUCKETS][Histogram.counts()];
    private final long[] answers = new long[BUCKETS];
    private final long[] failures = new long[BUCKETS];
    private final long[] before = new long[Histogram.CELLS];
    private int current;
    private long currentEnds;
    private boolean begun;

    private long responsesBefore;
    private int refusedBefore;
    private int unreachableBefore;
    private int otherFailuresBefore;
    private int lostBefore;
    /** Exponentially weighted by answers, so that it is as quick as the traffic is. */
    private double recentFailures;

    private int newRefusals;
    private int newFailures;
    private int newAnswers;
    private int newResponses;
    private int newUnreachable;
    private int unreachable;
    private long waiting;
    private long silentSince;
    private long longest;
    /** What the pool had answered in all when this server fell silent; the pool's to set. */
    private long poolAnswersAtSilence;

    private boolean silenceBegan;

    TrafficWindow(long windowNanos) {
        this.bucketNanos = Math.max(1, windowNanos / BUCKETS);
    }

    /**
     * Takes account of what has been counted since the last reading.
     *
     * @param times whether the times to the first byte in it are fresh
     */
    void add(TrafficReading reading, boolean times, long now) {
        roll(now);
        if (!begun) {
            begin(reading);
            return;
        }
        newRefusals = reading.refused - refusedBefore;
        newUnreachable = reading.unreachable - unreachableBefore;
        int newOthers = others(reading) - otherFailuresBefore;
        newResponses = (int) (reading.responses - responsesBefore);
        // A failure with a status is a response, the others are none.
        int without = newRefusals + newUnreachable + (lostAndLate(reading) - lostBefore);
        newAnswers = newResponses + without;
        newFailures = Math.min(newRefusals + newUnreachable + newOthers, newAnswers);
        unreachable = newResponses > 0 ? 0 : unreachable + newUnreachable;
        count();
        silence(reading.awaiting, newResponses > 0, now);
        if (times) {
            addTimes(reading.firstByte);
        }
        remember(reading);
    }

    private static int others(TrafficReading reading) {
        return lostAndLate(reading) + reading.statuses;
    }

    private static int lostAndLate(TrafficReading reading) {
        return reading.lost + reading.timeouts;
    }

    private void begin(TrafficReading reading) {
        begun = true;
        remember(reading);
        System.arraycopy(reading.firstByte, 0, before, 0, before.length);
        waiting = reading.awaiting;
    }

    private void remember(TrafficReading reading) {
        responsesBefore = reading.responses;
        refusedBefore = reading.refused;
        unreachableBefore = reading.unreachable;
        otherFailuresBefore = others(reading);
        lostBefore = lostAndLate(reading);
    }

    private void count() {
        if (newAnswers > 0) {
            answers[current] += newAnswers;
            failures[current] += newFailures;
            double kept = Math.exp(-(double) newAnswers / RECENT_ANSWERS);
            recentFailures = recentFailures * kept + (1 - kept) * newFailures / newAnswers;
        }
    }

    private void silence(long awaiting, boolean answered, long now) {
        silenceBegan = false;
        if (awaiting == 0 || answered || waiting == 0) {
            silentSince = now;
            silenceBegan = awaiting > 0;
        }
        waiting = awaiting;
    }

    private void addTimes(long[] firstByte) {
        longest = 0;
        for (int i = 0; i < Histogram.counts(); i++) {
            int more = (int) (firstByte[i] - before[i]);
            before[i] = firstByte[i];
            if (more > 0) {
                times[current][i] += more;
                longest = Histogram.bound(i);
            }
        }
    }

    private void roll(long now) {
        if (!begun) {
            currentEnds = now + bucketNanos;
            silentSince = now;
        }
        if (now - currentEnds > BUCKETS * bucketNanos) {
            forget();
            currentEnds = now + bucketNanos;
        }
        while (now - currentEnds >= 0) {
            current = (current + 1) % BUCKETS;
            clear(current);
            currentEnds += bucketNanos;
        }
    }

    /** Forgets what was: from now on it is judged anew. */
    void forget() {
        for (int i = 0; i < BUCKETS; i++) {
            clear(i);
        }
        recentFailures = 0;
        unreachable = 0;
    }

    private void clear(int bucket) {
        answers[bucket] = 0;
        failures[bucket] = 0;
        Arrays.fill(times[bucket], 0);
    }

    // What the last reading brought.

    int newRefusals() {
        return newRefusals;
    }

    int newFailures() {
        return newFailures;
    }

    int newAnswers() {
        return newAnswers;
    }

    /** Of these the ones that a response began. */
    int newResponses() {
        return newResponses;
    }

    int newUnreachable() {
        return newUnreachable;
    }

    /** The longest time to a first byte of the last full reading; 0 for none. */
    long longest() {
        return longest;
    }

    // What the window holds.

    /** Requests that were answered or failed. */
    long answers() {
        return sum(answers, BUCKETS);
    }

    long failures() {
        return sum(failures, BUCKETS);
    }

    /** The share of failures, from 0 to 1: of the window, or of the last answers where that is more. */
    double failureShare() {
        long all = answers();
        double share = all == 0 ? 0 : (double) failures() / all;
        return all >= RECENT_ANSWERS ? Math.max(share, recentFailures) : share;
    }

    /** Connections that could not be made in a row, without a response in between. */
    int unreachable() {
        return unreachable;
    }

    /** Requests that wait for the first byte of a response. */
    long waiting() {
        return waiting;
    }

    /** For how long requests have waited for a first byte without that any came; 0 when none waits. */
    long silence(long now) {
        return waiting == 0 ? 0 : now - silentSince;
    }

    /** When that began. */
    long silentSince() {
        return silentSince;
    }

    /** To be told, after each reading, how many requests the pool's servers have answered in all. */
    void poolAnswers(long all) {
        if (silenceBegan) {
            poolAnswersAtSilence = all;
        }
    }

    /** How many requests others answered since this one fell silent. */
    long othersAnswered(long all) {
        return waiting == 0 ? 0 : all - poolAnswersAtSilence;
    }

    /** The median time to the first byte in nanoseconds: of late, or else of the window; -1 for fewer than {@code least}. */
    long median(int least) {
        long recent = median(RECENT, least);
        return recent >= 0 ? recent : median(BUCKETS, least);
    }

    private long median(int buckets, int least) {
        Arrays.fill(merged, 0);
        long count = 0;
        for (int b = 0; b < buckets; b++) {
            int[] from = times[back(b)];
            for (int i = 0; i < merged.length; i++) {
                merged[i] += from[i];
                count += from[i];
            }
        }
        return count < least ? -1 : middle(merged, count);
    }

    /** Where half of the times are below, as if those within two bounds were spread evenly. */
    private static long middle(int[] counts, long all) {
        long below = 0;
        int i = 0;
        while (2 * (below + counts[i]) < all) {
            below += counts[i++];
        }
        long lower = i == 0 ? 0 : Histogram.bound(i - 1);
        double part = (all / 2.0 - below) / counts[i];
        return lower + (long) ((Histogram.bound(i) - lower) * part);
    }

    private int back(int buckets) {
        return Math.floorMod(current - buckets, BUCKETS);
    }

    private static long sum(long[] values, int buckets) {
        long sum = 0;
        for (int i = 0; i < buckets; i++) {
            sum += values[i];
        }
        return sum;
    }
}
