package dev.weir.proxy;

import dev.weir.balance.Choice;
import dev.weir.config.PoolConfig;
import dev.weir.http.Field;
import dev.weir.http.ResponseHead;
import dev.weir.loop.Deadline;
import dev.weir.observe.Cause;
import org.jspecify.annotations.Nullable;

/**
 * How often and for what one request has been tried again, whether it may be once more, and the pause before the same
 * server is asked again. Whether it is safe is known to the {@link Exchange}. Confined to its loop.
 */
final class Retry {
    /** Of a server that stopped, as of one that starts, nothing better is to be had sooner. */
    private static final long PAUSE_NANOS = 25_000_000;

    private static final int JITTER = 1024;

    /** Reasons for further attempts beside the causes of failures. */
    static final String STATUS = "status";

    static final String REUSE_RACE = "reuse-race";

    private final Attempts attempts;
    private final Deadline pause = new Deadline(this::again);
    private int done;
    private boolean freshTried;
    private String reason = "";
    private @Nullable Cause failure;

    Retry(Attempts attempts) {
        this.attempts = attempts;
    }

    /** What the last further attempt was made for; empty when there was none. */
    String reason() {
        return reason;
    }

    /** Whether the configuration lets the request be tried again. */
    boolean left() {
        return done < attempts.destination().retry().attempts();
    }

    /** Takes one of the further attempts from the pool's budget; false when none is left. */
    boolean take(String why) {
        if (!left() || !takeCredit()) {
            return false;
        }
        note(why);
        return true;
    }

    /** The same for an attempt that nothing failed before. */
    boolean takeCredit() {
        Worker worker = attempts.worker;
        if (!attempts.destination().budget().tryTake(worker.now())) {
            worker.meters().retries(attempts.poolName()).budgetEmpty.increment();
            return false;
        }
        done++;
        return true;
    }

    /**
     * Whether another attempt may be made at once, on a fresh connection: the server closed one that had served other
     * requests, or let it run out (GOAWAY), which says nothing against it. Once a request, and not charged.
     */
    boolean takeFresh(Cause why, boolean reused) {
        boolean ranOut = why == Cause.REQUEST_REFUSED || (reused && why == Cause.SERVER_CLOSED);
        if (!ranOut || freshTried) {
            return false;
        }
        freshTried = true;
        return true;
    }

    /** An attempt is made for this reason. */
    void note(String why) {
        reason = why;
        attempts.worker.meters().retries(attempts.poolName()).retried(why);
    }

    /** Whether an answer is taken for a failure of the server, for which the request may go to another. */
    boolean unwelcome(ResponseHead head) {
        int status = head.status();
        if (status < PoolConfig.RetryStatus.TOO_MANY_REQUESTS.code() || !left()) {
            return false;
        }
        for (PoolConfig.RetryStatus each : attempts.destination().retry().statuses()) {
            if (each.code() == status) {
                return !head.headers().has(Field.RETRY_AFTER);
            }
        }
        return false;
    }

    /** What another server, or the same a little later, may do better. One that was too slow is not followed by another. */
    static boolean worthwhile(Cause why) {
        return switch (why) {
            case SERVER_DOWN,
                    CONNECT_REFUSED,
                    CONNECT_FAILED,
                    CONNECT_TIMEOUT,
                    DNS_ERROR,
                    TLS_CERTIFICATE_ERROR,
                    TLS_ALERT_RECEIVED,
                    TLS_PROTOCOL_ERROR,
                    UPGRADE_UNSUPPORTED,
                    REQUEST_REFUSED,
                    SERVER_CLOSED,
                    RESPONSE_INCOMPLETE -> true;
            default -> false;
        };
    }

    /** Each server has been asked: one of them is asked again, after a pause that grows. */
    void pause(Cause why, Choice choice) {
        failure = why;
        choice.clear();
        long nanos = PAUSE_NANOS << (done - 1);
        Worker worker = attempts.worker;
        worker.loop().timers().arm(pause, worker.now(), nanos + nanos * choice.random(JITTER) / JITTER);
    }

    private void again() {
        Cause why = failure;
        if (why != null) {
            failure = null;
            attempts.tryServer(why);
        }
    }

    void cancel() {
        failure = null;
        pause.disarm();
    }

    void clear() {
        cancel();
        done = 0;
        freshTried = false;
        reason = "";
    }
}
