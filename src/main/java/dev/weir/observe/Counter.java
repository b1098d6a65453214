package dev.weir.observe;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A number that one thread changes, its event loop, and any thread reads. A change is a plain add and store: opaque
 * access keeps the value whole and lets readers see it soon, without a locked instruction. Readers may see the cells of
 * one loop at slightly different moments.
 */
public final class Counter {
    private static final VarHandle VALUE;

    static {
        try {
            VALUE = MethodHandles.lookup().findVarHandle(Counter.class, "value", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    // Written by the owner alone, so its own plain read is always current.
    private long value;

    /** Adds {@code n}; a count that only grows takes {@code n >= 0}. Owner only. */
    public void add(long n) {
        VALUE.setOpaque(this, value + n);
    }

    /** Adds one. Owner only. */
    public void increment() {
        add(1);
    }

    /** Subtracts one, for what is counted while it lasts. Owner only. */
    public void decrement() {
        add(-1);
    }

    /** The value now; any thread. */
    public long get() {
        return (long) VALUE.getOpaque(this);
    }
}
