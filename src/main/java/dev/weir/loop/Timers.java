package dev.weir.loop;

import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The coarse timers of one event loop: a hashed wheel of {@link Deadline}s after Varghese and Lauck (1987), made for
 * deadlines that are nearly always moved before they come. Arming costs a few stores and no scheduled task; the loop is
 * woken only for the next slot that holds something, so a loop without deadlines sleeps.
 *
 * <p>A deadline comes at most {@link #TICK_NANOS} late, never early. Confined to its event loop.
 */
public final class Timers {
    /** 2^24 ns, about 17 ms. */
    public static final long TICK_NANOS = 1L << 24;

    private static final int SLOTS = 1024;
    private static final int MASK = SLOTS - 1;

    /** Wakes the loop after a delay; the wake-up can be called off. */
    public interface Waker {
        Future<?> wakeAfter(Runnable task, long delay, TimeUnit unit);
    }

    private final LongSupplier nanoTime;
    private final Waker waker;
    private final Runnable wake = this::run;
    private final @Nullable Deadline[] slots = new Deadline[SLOTS];
    private final long[] occupied = new long[SLOTS / Long.SIZE];
    private final long origin;
    /** All slots up to this tick have been emptied. */
    private long doneTick;

    private long wakeTick = Deadline.NEVER;
    /** The one wake-up that is under way. */
    private @Nullable Future<?> wakeUp;

    /** The waker schedules on the loop, for example {@code eventLoop::schedule}. */
    public Timers(LongSupplier nanoTime, Waker waker) {
        this.nanoTime = nanoTime;
        this.waker = waker;
        this.origin = nanoTime.getAsLong();
    }

    /** Lets the deadline come {@code delayNanos} after {@code now}, a value of the clock given to the constructor. */
    public void arm(Deadline deadline, long now, long delayNanos) {
        long at = now - origin + delayNanos;
        deadline.at = at;
        long tick = tickOf(at);
        if (deadline.tick == Deadline.UNLINKED) {
            link(deadline, tick);
        } else if (tick < deadline.tick) {
            unlink(deadline);
            link(deadline, tick);
        }
    }

    /** Forgets the deadline altogether; for owners that end. */
    public void remove(Deadline deadline) {
        deadline.disarm();
        if (deadline.tick != Deadline.UNLINKED) {
            unlink(deadline);
        }
    }

    /** Rounds up, so that a deadline never comes early. */
    private static long tickOf(long at) {
        return (at + TICK_NANOS - 1) >>> 24;
    }

    private void link(Deadline deadline, long wanted) {
        long tick = Math.clamp(wanted, doneTick + 1, doneTick + SLOTS - 1);
        int slot = (int) tick & MASK;
        Deadline head = slots[slot];
        deadline.tick = tick;
        deadline.previous = null;
        deadline.next = head;
        if (head != null) {
            head.previous = deadline;
        }
        slots[slot] = deadline;
        occupied[slot >>> 6] |= 1L << slot;
        if (tick < wakeTick) {
            wakeAt(tick);
        }
    }

    private void unlink(Deadline deadline) {
        int slot = (int) deadline.tick & MASK;
        Deadline next = deadline.next;
        Deadline previous = deadline.previous;
        if (next != null) {
            next.previous = previous;
        }
        if (previous != null) {
            previous.next = next;
        } else {
            slots[slot] = next;
            if (next == null) {
                occupied[slot >>> 6] &= ~(1L << slot);
            }
        }
        deadline.next = null;
        deadline.previous = null;
        deadline.tick = Deadline.UNLINKED;
    }

    private void wakeAt(long tick) {
        wakeTick = tick;
        long delay = (tick << 24) - (nanoTime.getAsLong() - origin);
        if (wakeUp != null) {
            wakeUp.cancel(false);
        }
        wakeUp = waker.wakeAfter(wake, Math.max(delay, 0), TimeUnit.NANOSECONDS);
    }

    /** Empties all slots whose time has come. */
    private void run() {
        wakeUp = null;
        long now = nanoTime.getAsLong() - origin;
        long nowTick = now >>> 24;
        wakeTick = Deadline.NEVER;
        for (long tick = nextOccupied(doneTick + 1); tick <= nowTick; tick = nextOccupied(doneTick + 1)) {
            doneTick = tick;
            empty((int) tick & MASK, now);
        }
        // An empty wheel may be far behind the clock; catching up keeps the reach of new deadlines full.
        doneTick = Math.max(doneTick, Math.min(nowTick, nextOccupied(doneTick + 1) - 1));
        long next = nextOccupied(doneTick + 1);
        if (next != Deadline.NEVER && next < wakeTick) {
            wakeAt(next);
        }
    }

    private void empty(int slot, long now) {
        Deadline deadline = slots[slot];
        while (deadline != null) {
            long at = deadline.at;
            unlink(deadline);
            if (at <= now) {
                deadline.at = Deadline.NEVER;
                deadline.action.run();
            } else if (at != Deadline.NEVER) {
                link(deadline, tickOf(at));
            }
            // Actions may unlink any other deadline of this slot, so the list is read from its head again.
            deadline = slots[slot];
        }
    }

    /** The first tick from {@code from} on whose slot holds something, or {@link Deadline#NEVER}. */
    private long nextOccupied(long from) {
        int start = (int) from & MASK;
        long word = occupied[start >>> 6] & (-1L << start);
        for (int i = 0; i <= occupied.length; i++) {
            int index = ((start >>> 6) + i) % occupied.length;
            if (i > 0) {
                word = occupied[index];
            }
            if (word != 0) {
                int slot = (index << 6) + Long.numberOfTrailingZeros(word);
                return from + ((slot - start) & MASK);
            }
        }
        return Deadline.NEVER;
    }
}
