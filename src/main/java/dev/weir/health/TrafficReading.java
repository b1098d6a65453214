package dev.weir.health;

import dev.weir.observe.Histogram;
import dev.weir.observe.LoopMeters;
import dev.weir.observe.Meters;
import dev.weir.observe.ServerMeters;
import dev.weir.pool.Failure;
import dev.weir.pool.Server;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What the event loops have counted about one server, summed over them: numbers that only grow, but for {@link #awaiting}.
 * Used again for each reading; confined to the thread that reads.
 */
final class TrafficReading {
    long responses;
    /** Requests of which no response has begun. */
    long awaiting;

    int refused;
    int unreachable;
    int lost;
    int timeouts;
    int statuses;
    /** As {@link Histogram#addTo} adds them; only as fresh as the responses of the last full reading. */
    final long[] firstByte = new long[Histogram.CELLS];

    /** Where a server's numbers are. */
    static final class Source {
        private final Server server;
        private final Meters meters;
        private final @Nullable ServerMeters[] loops;
        /** How many servers' cells a loop had when this server's were last looked for. */
        private final int[] madeBefore;

        private long timesOf;

        Source(Server server, Meters meters) {
            this.server = server;
            this.meters = meters;
            this.loops = new @Nullable ServerMeters[meters.loops()];
            this.madeBefore = new int[meters.loops()];
        }

        /** Reads the counts, and the times to the first byte where there are new ones. */
        void read(TrafficReading into, boolean times) {
            into.responses = 0;
            into.awaiting = 0;
            for (int i = 0; i < loops.length; i++) {
                ServerMeters cells = cells(i);
                if (cells != null) {
                    into.responses += cells.responses.get();
                    into.awaiting += cells.awaiting.get();
                }
            }
            into.refused = server.failures(Failure.REFUSED);
            into.unreachable = server.failures(Failure.UNREACHABLE);
            into.lost = server.failures(Failure.LOST);
            into.timeouts = server.failures(Failure.TIMEOUT);
            into.statuses = server.failures(Failure.STATUS);
            if (times && into.responses != timesOf) {
                timesOf = into.responses;
                readTimes(into.firstByte);
            }
        }

        /** A number that changes when there is something new to read. */
        long activity() {
            long sum = 0;
            for (int i = 0; i < loops.length; i++) {
                ServerMeters cells = cells(i);
                if (cells != null) {
                    sum += cells.responses.get() + cells.awaiting.get();
                }
            }
            return sum;
        }

        private void readTimes(long[] sums) {
            Arrays.fill(sums, 0);
            for (ServerMeters cells : loops) {
                if (cells != null) {
                    cells.firstByte.addTo(sums);
                }
            }
        }

        private @Nullable ServerMeters cells(int loop) {
            ServerMeters known = loops[loop];
            if (known == null) {
                LoopMeters cells = meters.loop(loop);
                int made = cells.serversMade();
                if (made != madeBefore[loop]) {
                    madeBefore[loop] = made;
                    known = cells.find(server.pool(), server.name());
                    loops[loop] = known;
                }
            }
            return known;
        }
    }
}
