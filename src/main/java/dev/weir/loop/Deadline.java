package dev.weir.loop;

import org.jspecify.annotations.Nullable;

/**
 * One point in time at which something happens unless it is moved or dropped before. Moving it to a later time is a
 * plain store: the wheel looks at the time again when the old slot comes round. Confined to its event loop.
 */
public final class Deadline {
    static final long NEVER = Long.MAX_VALUE;
    static final long UNLINKED = -1;

    final Runnable action;
    long at = NEVER;
    /** The tick whose slot holds this deadline. */
    long tick = UNLINKED;

    @Nullable Deadline next;

    @Nullable Deadline previous;

    /** The action runs on the loop whose {@link Timers} the deadline is armed on. */
    public Deadline(Runnable action) {
        this.action = action;
    }

    /** Nothing happens until the deadline is armed again. */
    public void disarm() {
        at = NEVER;
    }

    public boolean armed() {
        return at != NEVER;
    }
}
