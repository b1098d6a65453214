package dev.weir.upstream;

import org.jspecify.annotations.Nullable;

/**
 * The place of one request among those that a server has and has not begun to answer, so that they can be found when the
 * server goes down. It is linked into the list of its {@link UpstreamPool}: joining and leaving cost a few stores.
 * Confined to its loop.
 */
public final class Awaiting {
    final Runnable serverDown;

    @Nullable UpstreamPool at;

    /** Whether it is among {@link dev.weir.observe.ServerMeters#awaiting}. */
    boolean counted;

    @Nullable Awaiting next;

    @Nullable Awaiting previous;

    /** The action runs on the loop, when the server goes down while this waits there; it may end the wait. */
    public Awaiting(Runnable serverDown) {
        this.serverDown = serverDown;
    }

    public boolean pending() {
        return at != null;
    }

    /** The request itself is still to come in part, so it is not the server that is waited for. */
    public void incomplete() {
        UpstreamPool pool = at;
        if (pool != null && counted) {
            counted = false;
            pool.meters().awaiting.decrement();
        }
    }

    /** An answer began, or none is waited for any more. */
    public void end() {
        UpstreamPool pool = at;
        if (pool != null) {
            pool.leave(this);
        }
    }
}
