package dev.weir.observe;

import org.jspecify.annotations.Nullable;

/**
 * The access log as one event loop sees it: lines are formatted into a batch of its own, and full batches go to the
 * writer. Never blocks. All methods belong to the loop's thread.
 */
public final class LoopAccessLog {
    private final @Nullable LogWriter writer;
    private final LineFormat format;
    private final Counter dropped = new Counter();
    private LogBatch batch = new LogBatch();

    LoopAccessLog(@Nullable LogWriter writer, LineFormat format) {
        this.writer = writer;
        this.format = format;
    }

    /**
     * Adds the line of one request; does nothing when the log is off.
     *
     * @return true when it is the first of its batch: the loop then arms its coarse timer to call {@link #flush}. It may
     *     be armed already, since full batches leave by themselves.
     */
    public boolean record(AccessRecord exchange) {
        if (writer == null) {
            return false;
        }
        int bound = format.bound(exchange);
        if (!batch.hasRoom(bound) && !batch.isEmpty()) {
            handOver(writer);
        }
        batch.reserve(bound);
        boolean first = batch.isEmpty();
        format.append(batch, exchange);
        return first;
    }

    /**
     * Hands the lines collected so far to the writer.
     *
     * @return true when lines are still held because the writer is behind: arm the timer again
     */
    public boolean flush() {
        if (writer == null || batch.isEmpty()) {
            return false;
        }
        if (!writer.offer(batch)) {
            return true;
        }
        batch = writer.take();
        return false;
    }

    private void handOver(LogWriter to) {
        if (to.offer(batch)) {
            batch = to.take();
        } else {
            dropped.add(batch.lines());
            batch.clear();
        }
    }

    /** Lines dropped because the queue was full. Any thread. */
    long dropped() {
        return dropped.get();
    }

    /** The lines not handed over yet; only when the loop has ended. */
    LogBatch leftover() {
        return batch;
    }
}
