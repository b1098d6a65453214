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

    @Nullable Awaiting next;

    @Nullable Awaiting previous;

    /** The action runs on the loop, when the server goes down while this waits there; it may end the wait. */
    public Awaiting(Runnable serverDown) {
        this.serverDown = serverDown;
    }

    public boolean pending() {
        return at != null;
    }

    /** An answer began, or none is waited for any more. */
    public void end() {
        UpstreamPool pool = at;
        if (pool != null) {
            pool.leave(this);
        }
    }
}
