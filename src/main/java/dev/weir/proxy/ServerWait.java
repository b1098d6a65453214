package dev.weir.proxy;

import dev.weir.balance.Pool;
import dev.weir.balance.WaitingLine;
import dev.weir.config.PoolConfig;
import dev.weir.loop.Deadline;
import dev.weir.observe.Cause;
import org.jspecify.annotations.Nullable;

/**
 * The wait of one exchange for a server of its pool, when none is up or each has as many requests as it may have.
 * Confined to the exchange's loop, but for {@link #wake}.
 */
final class ServerWait implements WaitingLine.Waiter {
    /** The wait in a line that does not become empty is shorter by this: it would only be added to every answer's time. */
    private static final int STANDING = 10;

    private final Attempts attempts;
    private final Deadline deadline = new Deadline(this::timedOut);
    /** Not null while waiting. Read by who wakes: it was written before this joined the line. */
    private @Nullable Pool pool;
    /** Why it waits, for the answer if it does so in vain. */
    private Cause reason = Cause.NO_SERVER;

    private long since;
    /** Calls of {@link #wake} on their way here that were meant for a wait given up since. */
    private int stale;

    ServerWait(Attempts attempts) {
        this.attempts = attempts;
    }

    /**
     * Begins to wait; {@link Attempts#resume} is called when there may be a server, {@link Attempts#waitedInVain} when there
     * was none in time.
     *
     * @param why the failure that made the exchange look for another server, or {@link Cause#NO_SERVER}
     * @return false when the line is full
     */
    boolean begin(Pool at, Cause why) {
        long now = attempts.worker.now();
        PoolConfig.Queue queue = at.config().queue();
        long bound = queue.timeout().toNanos();
        if (at.line().occupied(now) > bound && at.up()) {
            bound /= STANDING;
        }
        pool = at;
        reason = why;
        since = now;
        if (!at.line().join(this, queue.requests(), now)) {
            pool = null;
            return false;
        }
        attempts.worker.loop().timers().arm(deadline, now, bound);
        lookAgain(at);
        return true;
    }

    boolean waiting() {
        return pool != null;
    }

    Cause reason() {
        return reason;
    }

    @Override
    public void wake() {
        Pool at = pool;
        attempts.worker.loop().executor().execute(() -> woken(at));
    }

    private void woken(@Nullable Pool at) {
        if (stale > 0) {
            stale--;
            if (at != null) {
                at.line().wake(); // the place is another's now
            }
            return;
        }
        attempts.resume();
    }

    /** There was no place after all. */
    void goOn() {
        Pool at = pool;
        if (at != null) {
            at.line().rejoin(this, attempts.worker.now());
            lookAgain(at);
        }
    }

    /** A place that became free just before this joined woke nobody. */
    private static void lookAgain(Pool at) {
        if (at.admits()) {
            at.line().wake();
        }
    }

    /** The wait is over, with a server: it came by {@link #wake}. */
    void served() {
        end();
    }

    /** The wait is over, without. */
    void cancel() {
        Pool at = pool;
        if (at != null) {
            if (!at.line().leave(this)) {
                stale++;
            }
            end();
        }
    }

    private void end() {
        Pool at = pool;
        if (at != null) {
            pool = null;
            deadline.disarm();
            attempts.worker.meters().queued(at.name(), attempts.worker.now() - since);
        }
    }

    private void timedOut() {
        Pool at = pool;
        if (at != null) {
            boolean up = at.up();
            cancel();
            attempts.waitedInVain(up ? Cause.QUEUE_TIMEOUT : Cause.NO_SERVER);
        }
    }
}
