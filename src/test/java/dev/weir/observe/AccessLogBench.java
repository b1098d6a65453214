package dev.weir.observe;

import dev.weir.config.AccessLogConfig.Format;
import java.nio.ByteBuffer;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What a line of the access log and a request's numbers cost the event loop. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgsAppend = "-XX:+UseSerialGC")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init") // set by open(), which the harness calls first
public class AccessLogBench {
    @Param({"JSON", "COMBINED"})
    public Format format;

    private final Meters meters = new Meters(1);
    private final FakeRequest request = FakeRequest.typical();
    private AccessLog log;
    private LoopAccessLog loop;
    private ServerMeters server;

    private static final class Nowhere implements LogOutput {
        @Override
        public void write(ByteBuffer lines) {
            lines.position(lines.limit());
        }

        @Override
        public void reopen() {}

        @Override
        public void close() {}
    }

    @Setup
    public void open() {
        log = AccessLog.open(new Nowhere(), format, ZoneOffset.UTC, meters);
        loop = log.loop(0);
        server = meters.loop(0).server("web", "10.0.0.11:8080");
    }

    @TearDown
    public void close() {
        log.close();
    }

    @Benchmark
    public boolean line() {
        request.startMillis++;
        return loop.record(request);
    }

    @Benchmark
    public long numbers() {
        server.attempts.increment();
        server.request(200, request.durationNanos++);
        return server.attempts.get();
    }
}
