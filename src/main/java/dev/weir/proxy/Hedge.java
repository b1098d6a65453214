package dev.weir.proxy;

import dev.weir.loop.Deadline;
import org.jspecify.annotations.Nullable;

/**
 * A second attempt beside the first, for a request that waits longer for its answer than nearly all do: the first head
 * that comes is the answer, and the other attempt is ended. Confined to the exchange's loop.
 */
final class Hedge {
    private final Attempts attempts;
    private final Deadline slow = new Deadline(this::slow);
    private @Nullable Hedging hedging;
    private @Nullable Attempt second;
    /** An attempt that is not in use. */
    private @Nullable Attempt spare;

    Hedge(Attempts attempts) {
        this.attempts = attempts;
    }

    /** The first attempt has begun; {@code with}: null when there are no second ones. */
    void begin(@Nullable Hedging with) {
        if (with != null) {
            Worker worker = attempts.worker;
            with.share().arrived(worker.loop().index());
            long delay = with.delayNanos();
            if (delay != Hedging.NEVER) {
                hedging = with;
                worker.loop().timers().arm(slow, worker.now(), delay);
            }
        }
    }

    private void slow() {
        Hedging with = hedging;
        Attempt attempt = spare != null ? spare : attempts.another();
        if (with == null || second != null) {
            return;
        }
        spare = null;
        second = attempt;
        if (attempts.startBeside(attempt, with)) {
            attempts.worker.meters().retries(attempts.poolName()).hedges.increment();
        } else {
            second = null;
            spare = attempt;
        }
    }

    /** Whether two attempts wait for an answer. */
    boolean running() {
        return second != null;
    }

    /** {@code from} was answered first: the other is ended. Returns the one that counts from now on. */
    Attempt won(Attempt first, Attempt from) {
        slow.disarm();
        Attempt other = second;
        if (other == null) {
            return first;
        }
        second = null;
        Attempt loser = from == first ? other : first;
        if (from == other) {
            attempts.worker.meters().retries(attempts.poolName()).hedgesWon.increment();
        }
        spare = loser;
        loser.lose();
        return from;
    }

    /** {@code from} has ended without an answer: the other goes on alone, and is returned. */
    Attempt lost(Attempt first, Attempt from) {
        Attempt other = second;
        second = null;
        from.forget();
        spare = from;
        return other == null || from == other ? first : other;
    }

    /** Ends the second attempt. */
    void cancel() {
        slow.disarm();
        Attempt other = second;
        if (other != null) {
            second = null;
            spare = other;
            other.cancel();
            other.forget();
        }
    }

    void clear() {
        assert second == null;
        slow.disarm();
        hedging = null;
    }
}
