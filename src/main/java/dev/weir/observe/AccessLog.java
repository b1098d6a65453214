package dev.weir.observe;

import dev.weir.config.AccessLogConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The access log: one line a request, formatted on the event loops, written by a thread of its own. When the writer
 * cannot keep up, lines are dropped and counted; a loop never waits.
 */
public final class AccessLog implements AutoCloseable {
    private final @Nullable LogWriter writer;
    private final List<LoopAccessLog> loops;

    private AccessLog(@Nullable LogWriter writer, AccessLogConfig.Format format, ZoneId zone, int loops) {
        this.writer = writer;
        this.loops = Stream.generate(() -> new LoopAccessLog(writer, LineFormat.of(format, zone)))
                .limit(loops)
                .toList();
    }

    /** Logs nothing. */
    public static AccessLog off(Meters meters) {
        return new AccessLog(null, AccessLogConfig.Format.JSON, ZoneId.systemDefault(), meters.loops());
    }

    /**
     * Opens the log, starts its writer and offers its losses to {@code meters}.
     *
     * @throws IOException when the file cannot be written; the message is one sentence for a person
     */
    public static AccessLog open(AccessLogConfig config, Meters meters) throws IOException {
        ZoneId zone = ZoneId.systemDefault();
        return switch (config.target()) {
            case OFF -> off(meters);
            case STDOUT -> open(LogFile.standardOutput(), config.format(), zone, meters);
            case FILE -> open(LogFile.at(Path.of(config.path())), config.format(), zone, meters);
        };
    }

    static AccessLog open(LogOutput output, AccessLogConfig.Format format, ZoneId zone, Meters meters) {
        LogWriter writer = new LogWriter(output, meters.loops());
        AccessLog opened = new AccessLog(writer, format, zone, meters.loops());
        meters.counter(
                "weir_access_log_dropped_total",
                "Lines of the access log that were not written.",
                List.of("reason"),
                samples -> {
                    samples.add(opened.droppedByLoops(), "queue-full");
                    samples.add(writer.lost.get(), "write-error");
                });
        writer.start();
        return opened;
    }

    /** Whether lines are written at all; when not, recording does nothing. */
    public boolean enabled() {
        return writer != null;
    }

    /** The part of the event loop with this index. */
    public LoopAccessLog loop(int index) {
        return loops.get(index);
    }

    /** Lets the writer open its file anew, after it was renamed by a log rotation. Any thread, does not wait. */
    public void reopen() {
        if (writer != null) {
            writer.reopen();
        }
    }

    /** Lines that were not written, since the start: the queue was full or writing failed. Any thread. */
    public long dropped() {
        return droppedByLoops() + (writer == null ? 0 : writer.lost.get());
    }

    private long droppedByLoops() {
        return loops.stream().mapToLong(LoopAccessLog::dropped).sum();
    }

    /**
     * Writes what is queued, with what the loops still hold, and ends the writer. Only when the event loops have ended, or
     * log elsewhere: their batches change hands. Waits five seconds at most.
     */
    @Override
    public void close() {
        if (writer != null) {
            writer.close(loops.stream().map(LoopAccessLog::leftover).toList());
        }
    }
}
