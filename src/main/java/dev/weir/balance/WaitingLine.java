package dev.weir.balance;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The requests of a pool that wait for a server, in the order in which they came, of all event loops. Whoever makes a
 * place free calls {@link #wake}, which costs a read while nobody waits.
 *
 * <p>Thread-safe. There is a lock, which is taken only while the pool has no place free, for a few instructions: the
 * order holds over all loops, and a waiter is woken once.
 */
public final class WaitingLine {
    /** Waits for a server. */
    public interface Waiter {
        /**
         * There may be a place now: try again. Called once for each time in the line, on any thread; returns at once, having
         * handed itself over to its own loop.
         */
        void wake();
    }

    private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();
    /** Written under the lock. Volatile, so that a place made free is seen by who joins, or who joins by its maker. */
    private volatile int length;
    /** Since when somebody has waited at any moment; under the lock. */
    private long occupiedSince;

    /** How many wait. */
    public int length() {
        return length;
    }

    /**
     * Joins at the end. The caller looks for a free place once more afterwards, since one may have become free just before.
     *
     * @return false when {@code most} wait already
     */
    public synchronized boolean join(Waiter waiter, int most, long now) {
        if (waiters.size() >= most) {
            return false;
        }
        if (waiters.isEmpty()) {
            occupiedSince = now;
        }
        waiters.addLast(waiter);
        length = waiters.size();
        return true;
    }

    /** Goes back to where it was: the place for which it was woken had been taken. */
    public synchronized void rejoin(Waiter waiter, long now) {
        if (waiters.isEmpty()) {
            occupiedSince = now;
        }
        waiters.addFirst(waiter);
        length = waiters.size();
    }

    /** Waits no longer. False when it did not: it has been woken. */
    public synchronized boolean leave(Waiter waiter) {
        boolean waited = waiters.remove(waiter);
        length = waiters.size();
        return waited;
    }

    /** For how long the line has not been empty, in nanoseconds; 0 when it is. */
    public synchronized long occupied(long now) {
        return waiters.isEmpty() ? 0 : now - occupiedSince;
    }

    /** Wakes the first: there may be a place. */
    public void wake() {
        if (length > 0) {
            Waiter first = take();
            if (first != null) {
                first.wake();
            }
        }
    }

    private synchronized @Nullable Waiter take() {
        Waiter first = waiters.pollFirst();
        length = waiters.size();
        return first;
    }
}
