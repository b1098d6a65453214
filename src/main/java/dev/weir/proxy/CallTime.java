package dev.weir.proxy;

import dev.weir.http.ByteSink;
import dev.weir.http.Field;
import dev.weir.http.Headers;
import dev.weir.loop.Deadline;
import dev.weir.loop.Timers;

/**
 * The time that a client gives its gRPC call ({@code grpc-timeout}), and what is left of it; other requests have none.
 * Belongs to one exchange and is used again for its next request. Confined to its loop.
 */
final class CallTime {
    private static final long UNLIMITED = Long.MAX_VALUE;

    private final Deadline deadline;
    private long end = UNLIMITED;

    /** {@code over} is called when the time has run out, at most one tick of the timers late. */
    CallTime(Runnable over) {
        deadline = new Deadline(over);
    }

    /**
     * Begins to run.
     *
     * @param since when the call came
     * @return false if the value of the field, which must be there, is malformed
     */
    boolean start(Headers headers, long since, Timers timers) {
        long timeout = Grpc.timeoutNanos(headers);
        if (timeout == Grpc.MALFORMED) {
            return false;
        }
        end = since + timeout;
        timers.arm(deadline, since, timeout);
        return true;
    }

    boolean isOver(long now) {
        return end != UNLIMITED && end - now <= 0;
    }

    /** What the client said is not passed on when {@link #put} says it anew: {@link Field#mask} bits. */
    long dropMask() {
        return end == UNLIMITED ? 0 : Field.GRPC_TIMEOUT.mask;
    }

    /** Writes what is left, for the next server, as a field line; nothing if the time is not limited. */
    void put(long now, ByteSink to) {
        if (end != UNLIMITED) {
            Grpc.putTimeout(end - now, to);
        }
    }

    /** Ends without a word. */
    void clear() {
        if (end != UNLIMITED) {
            end = UNLIMITED;
            deadline.disarm();
        }
    }
}
