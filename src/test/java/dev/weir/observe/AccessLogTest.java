package dev.weir.observe;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weir.config.AccessLogConfig;
import dev.weir.config.AccessLogConfig.Format;
import dev.weir.config.AccessLogConfig.Target;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessLogTest {
    @TempDir
    Path folder;

    private final Meters meters = new Meters(2);

    /** Collects what is written; can be made to block or to fail. Used by the writer's thread. */
    private static final class FakeOutput implements LogOutput {
        final ByteArrayOutputStream written = new ByteArrayOutputStream();
        final CountDownLatch entered = new CountDownLatch(1);
        final CountDownLatch released;
        volatile int failAfter = Integer.MAX_VALUE;

        FakeOutput(boolean blocked) {
            released = new CountDownLatch(blocked ? 1 : 0);
        }

        @Override
        public void write(ByteBuffer lines) throws IOException {
            entered.countDown();
            await(released);
            boolean fails = lines.remaining() > failAfter;
            byte[] taken = new byte[Math.min(lines.remaining(), failAfter)];
            lines.get(taken);
            written.writeBytes(taken);
            if (fails) {
                throw new IOException("no space left");
            }
        }

        @Override
        public void reopen() {
            written.writeBytes(LogBatch.ascii("--reopened--\n"));
        }

        @Override
        public void close() {
            written.writeBytes(LogBatch.ascii("--closed--\n"));
        }

        String text() {
            return written.toString(ISO_8859_1);
        }

        private static void await(CountDownLatch latch) {
            try {
                assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    private AccessLog open(FakeOutput output) {
        return AccessLog.open(output, Format.COMBINED, ZoneOffset.UTC, meters);
    }

    private AccessLog openFile(Path path) throws IOException {
        return AccessLog.open(new AccessLogConfig(Target.FILE, path.toString(), Format.COMBINED), meters);
    }

    @Test
    void log_off_recordsNothing() throws IOException {
        try (AccessLog log = AccessLog.open(new AccessLogConfig(Target.OFF, "", Format.JSON), meters)) {
            assertThat(log.enabled()).isFalse();
            assertThat(log.loop(0).record(FakeRequest.get("/"))).isFalse();
            assertThat(log.loop(0).flush()).isFalse();
            log.reopen();
        }
    }

    @Test
    void record_firstOfABatch_asksForTheTimer() throws IOException {
        try (AccessLog log = openFile(folder.resolve("log"))) {
            assertThat(log.loop(0).record(FakeRequest.get("/1"))).isTrue();
            assertThat(log.loop(0).record(FakeRequest.get("/2"))).isFalse();
            assertThat(log.loop(0).flush()).isFalse();
            assertThat(log.loop(0).record(FakeRequest.get("/3"))).isTrue();
        }
    }

    @Test
    void flush_linesOfTwoLoops_areWritten() throws IOException {
        Path path = folder.resolve("log");
        try (AccessLog log = openFile(path)) {
            log.loop(0).record(FakeRequest.get("/0"));
            log.loop(1).record(FakeRequest.get("/1"));
            log.loop(0).flush();
            log.loop(1).flush();
            await().until(() -> Files.readAllLines(path).size() == 2);
        }
        assertThat(Files.readString(path)).contains("GET /0 HTTP", "GET /1 HTTP");
    }

    @Test
    void close_linesNotFlushed_areWritten() throws IOException {
        Path path = folder.resolve("log");
        try (AccessLog log = openFile(path)) {
            log.loop(0).record(FakeRequest.get("/0"));
            log.loop(1).record(FakeRequest.get("/1"));
        }
        assertThat(Files.readAllLines(path)).hasSize(2);
    }

    @Test
    void open_existingFile_isContinued() throws IOException {
        Path path = Files.writeString(folder.resolve("log"), "old\n");
        try (AccessLog log = openFile(path)) {
            log.loop(0).record(FakeRequest.get("/new"));
        }
        assertThat(Files.readAllLines(path)).hasSize(2).first().isEqualTo("old");
    }

    @Test
    void record_fromTwoLoopsAtOnce_losesAndTearsNothing() throws Exception {
        Path path = folder.resolve("log");
        int lines = 20_000;
        long dropped;
        try (AccessLog log = openFile(path)) {
            List<Thread> loops = new ArrayList<>();
            for (int l = 0; l < 2; l++) {
                int loop = l;
                loops.add(Thread.ofPlatform().start(() -> {
                    for (int i = 0; i < lines; i++) {
                        log.loop(loop).record(FakeRequest.get("/" + loop + "/" + i));
                    }
                }));
            }
            for (Thread loop : loops) {
                loop.join();
            }
            dropped = log.dropped();
        }
        Map<String, Long> targets = Files.readAllLines(path).stream()
                .map(line -> line.split(" ", -1)[6])
                .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
        assertThat(targets.keySet()).allMatch(target -> target.matches("/[01]/[0-9]+"));
        assertThat(targets.values()).allMatch(count -> count == 1);
        assertThat(targets.size() + dropped).isEqualTo(2L * lines);
    }

    @Test
    void record_lineLargerThanABatch_isWritten() throws IOException {
        Path path = folder.resolve("log");
        String target = "/" + "x".repeat(100_000);
        try (AccessLog log = openFile(path)) {
            for (int i = 0; i < 3; i++) {
                log.loop(0).record(FakeRequest.get("/short"));
                log.loop(0).record(FakeRequest.get(target));
            }
        }
        assertThat(Files.readAllLines(path)).hasSize(6).element(5).asString().contains(target);
    }

    @Test
    void record_queueFull_dropsAndCountsLines() {
        FakeOutput output = new FakeOutput(true);
        AccessLog log = open(output);
        LoopAccessLog loop = log.loop(0);
        int recorded = 0;
        while (log.dropped() == 0) {
            loop.record(FakeRequest.typical());
            recorded++;
        }
        long atFirst = log.dropped();
        assertThat(atFirst).isGreaterThan(10).isLessThan(recorded / LogWriter.QUEUE_PER_LOOP);
        for (int i = 0; i < 1_000; i++) {
            loop.record(FakeRequest.typical());
        }
        recorded += 1_000;
        assertThat(log.dropped()).isGreaterThan(atFirst);
        output.released.countDown();
        log.close();
        assertThat(output.text()
                        .lines()
                        .filter(line -> line.startsWith("192.0.2.7"))
                        .count())
                .isEqualTo(recorded - log.dropped());
        assertThat(output.text()).endsWith("--closed--\n");
        assertThat(droppedInMetrics("queue-full")).isEqualTo((double) log.dropped());
    }

    @Test
    void flush_queueFull_keepsTheLines() {
        FakeOutput output = new FakeOutput(true);
        AccessLog log = open(output);
        LoopAccessLog loop = log.loop(0);
        int recorded = 0;
        boolean held = false;
        while (!held) {
            loop.record(FakeRequest.get("/" + recorded++));
            held = loop.flush();
        }
        assertThat(recorded).isGreaterThan(2 * LogWriter.QUEUE_PER_LOOP);
        output.released.countDown();
        await().until(() -> !loop.flush());
        log.close();
        assertThat(log.dropped()).isZero();
        assertThat(output.text().lines()).hasSize(recorded + 1);
    }

    @Test
    void write_failing_countsLinesAndTearsNoLaterOne() {
        FakeOutput output = new FakeOutput(false);
        output.failAfter = 10;
        AccessLog log = open(output);
        for (int i = 0; i < 3; i++) {
            log.loop(0).record(FakeRequest.get("/lost"));
        }
        log.loop(0).flush();
        await().until(() -> log.dropped() == 3);
        output.failAfter = Integer.MAX_VALUE;
        log.loop(0).record(FakeRequest.get("/later"));
        log.close();
        assertThat(output.text().lines().toList())
                .satisfiesExactly(
                        torn -> assertThat(torn).isEqualTo("192.0.2.7 "),
                        later -> assertThat(later).startsWith("192.0.2.7 - -").contains("/later"),
                        closed -> assertThat(closed).isEqualTo("--closed--"));
        assertThat(droppedInMetrics("write-error")).isEqualTo(3);
    }

    @Test
    void reopen_afterRename_writesIntoANewFile() throws IOException {
        Path path = folder.resolve("log");
        Path renamed = folder.resolve("log.1");
        try (AccessLog log = openFile(path)) {
            log.loop(0).record(FakeRequest.get("/before"));
            log.loop(0).flush();
            await().until(() -> Files.size(path) > 0);
            Files.move(path, renamed);
            log.reopen();
            await().until(() -> Files.exists(path));
            log.loop(0).record(FakeRequest.get("/after"));
        }
        assertThat(Files.readAllLines(renamed)).singleElement().asString().contains("/before");
        assertThat(Files.readAllLines(path)).singleElement().asString().contains("/after");
    }

    @Test
    void reopen_folderGone_goesOnIntoTheOldFile() throws IOException {
        Path inner = Files.createDirectory(folder.resolve("logs"));
        Path moved = folder.resolve("moved");
        try (AccessLog log = openFile(inner.resolve("log"))) {
            Files.move(inner, moved);
            log.reopen();
            log.loop(0).record(FakeRequest.get("/still"));
        }
        assertThat(Files.readAllLines(moved.resolve("log"))).hasSize(1);
    }

    @Test
    void open_missingFolder_isExplained() {
        Path path = folder.resolve("nowhere").resolve("log");
        assertThatThrownBy(() -> openFile(path))
                .isInstanceOf(IOException.class)
                .hasMessage("The access log %s cannot be opened: the directory %s does not exist."
                        .formatted(path, folder.resolve("nowhere")));
    }

    @Test
    void open_directory_isExplained() {
        assertThatThrownBy(() -> openFile(folder))
                .isInstanceOf(IOException.class)
                .hasMessage("The access log %s cannot be opened: it is a directory.".formatted(folder));
    }

    private double droppedInMetrics(String reason) {
        List<Double> values = new ArrayList<>();
        meters.offered()
                .forEach(offer -> offer.source().accept((value, labels) -> {
                    if (labels[0].equals(reason)) {
                        values.add(value);
                    }
                }));
        assertThat(values).hasSize(1);
        return values.getFirst();
    }
}
