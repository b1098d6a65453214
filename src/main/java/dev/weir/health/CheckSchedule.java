package dev.weir.health;

import java.util.PriorityQueue;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * When which server is checked next, the earliest first. One check of a server runs at a time. Times vary by a tenth, and
 * the first interval by all of it, so that checks are spread and stay so. Confined to the keeper's thread.
 */
final class CheckSchedule {
    /** The first checks of many servers begin one after the other, so far apart. */
    private static final long FIRST_GAP_NANOS = 250_000;
    /** A check that is asked for before its time does not follow the last one more closely. */
    private static final long LEAST_GAP_NANOS = 250_000_000;

    private record Due(long at, ServerHealth server) implements Comparable<Due> {
        @Override
        public int compareTo(Due other) {
            return Long.signum(at - other.at);
        }
    }

    private final PriorityQueue<Due> queue = new PriorityQueue<>();
    private final RandomGenerator random;
    /** When the last first check is due, if there was one yet. */
    private long lastFirst;

    private boolean some;

    CheckSchedule(RandomGenerator random) {
        this.random = random;
    }

    /** This server is new, or its rules are: from now on it is checked as they say, the first time at once. */
    void add(ServerHealth server, long now) {
        if (!server.rules.checked() || server.checkRuns) {
            return; // when a check ends, the next follows
        }
        if (server.checkPlanned) {
            hasten(server, server.machine.nextCheck(), now);
        } else {
            long after = lastFirst + FIRST_GAP_NANOS;
            lastFirst = some && after - now > 0 ? after : now;
            some = true;
            at(server, lastFirst);
        }
    }

    /** From now on this server is not checked; the outcome of a check under way is nobody's. */
    void remove(ServerHealth server) {
        server.checkGone = true;
    }

    /** When the next check is due; {@link Long#MAX_VALUE} from {@code now} for never. */
    long next(long now) {
        drop();
        Due first = queue.peek();
        return first == null ? now + Long.MAX_VALUE / 2 : first.at;
    }

    /** The next server whose check is due, which has begun then; null when none is. */
    @Nullable ServerHealth take(long now) {
        drop();
        Due first = queue.peek();
        if (first == null || first.at - now > 0) {
            return null;
        }
        queue.remove();
        first.server.checkRuns = true;
        first.server.checkPlanned = false;
        first.server.checkBegan = now;
        return first.server;
    }

    /** A check of this server has ended. */
    void ended(ServerHealth server, boolean first, long now) {
        server.checkRuns = false;
        if (!server.rules.checked()) {
            return;
        }
        long interval = server.machine.nextCheck();
        if (first) {
            at(server, now + (long) (interval * (0.1 + 0.9 * random.nextDouble())));
            return;
        }
        // A server that is down is looked for: never later than said.
        double spread = server.machine.health() == ServerState.DOWN
                ? 0.85 + 0.15 * random.nextDouble()
                : 0.9 + 0.2 * random.nextDouble();
        long due = server.checkBegan + (long) (interval * spread);
        at(server, Math.max(due, now));
    }

    /** The state of this server has changed, or something is wrong with it: its next check is not later than so. */
    void hasten(ServerHealth server, long within, long now) {
        long earliest = Math.max(now + within, server.checkBegan + LEAST_GAP_NANOS);
        if (server.checkPlanned && server.checkDue - earliest > 0) {
            at(server, earliest);
        }
    }

    private void at(ServerHealth server, long due) {
        server.checkDue = due;
        server.checkPlanned = true;
        queue.add(new Due(due, server));
    }

    /** Entries whose server is checked at another time now, or not any more. */
    private void drop() {
        for (Due first = queue.peek(); first != null; first = queue.peek()) {
            ServerHealth server = first.server;
            boolean planned = server.checkPlanned && server.checkDue == first.at;
            if (planned && !server.checkGone && server.rules.checked()) {
                return;
            }
            if (planned) {
                server.checkPlanned = false;
            }
            queue.remove();
        }
    }
}
