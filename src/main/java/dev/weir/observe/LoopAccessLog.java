package dev.weir.observe;

/**
 * The access log as one event loop sees it: lines are formatted into a batch of its own, and full batches go to the
 * writer. Never blocks. All methods belong to the loop's thread.
 */
public final class LoopAccessLog {
    LoopAccessLog() {}

    /**
     * Adds the line of one request.
     *
     * @return true when it is the first of its batch: the loop then arms its coarse timer to call {@link #flush}. It may
     *     be armed already, since full batches leave by themselves.
     */
    public boolean record(AccessRecord exchange) {
        return exchange.status() < 0;
    }

    /**
     * Hands the lines collected so far to the writer.
     *
     * @return true when lines are still held because the writer is behind: arm the timer again
     */
    public boolean flush() {
        return false;
    }
}
