package dev.weir.health;

import dev.weir.observe.Histogram;
import dev.weir.observe.Meters;
import dev.weir.observe.ServerMeters;
import dev.weir.pool.Failure;
import dev.weir.pool.Server;
import java.time.Duration;

/** What loops count while requests flow, counted by hand. */
final class Traffic {
    private final Server server;
    private final ServerMeters cells;

    Traffic(Meters meters, Server server) {
        this.server = server;
        this.cells = meters.loop(0).server(server.pool(), server.name());
    }

    Traffic answers(int count, double millis) {
        for (int i = 0; i < count; i++) {
            cells.responses.increment();
            cells.firstByte.record((long) (millis * 1e6));
        }
        return this;
    }

    /** Answers with a status that blames the server. */
    Traffic errors(int count, double millis) {
        answers(count, millis);
        return fails(count, Failure.STATUS);
    }

    Traffic fails(int count, Failure failure) {
        for (int i = 0; i < count; i++) {
            server.failed(failure);
        }
        return this;
    }

    /** So many more requests wait, or fewer. */
    Traffic waiting(int more) {
        cells.awaiting.add(more);
        return this;
    }

    /** Times to the first byte as cells of a histogram. */
    static long[] cells(int count, Duration each) {
        Histogram histogram = new Histogram();
        for (int i = 0; i < count; i++) {
            histogram.record(each.toNanos());
        }
        long[] sums = new long[Histogram.CELLS];
        histogram.addTo(sums);
        return sums;
    }
}
