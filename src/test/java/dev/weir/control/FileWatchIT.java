package dev.weir.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.config.PoolConfig;
import dev.weir.config.WeirConfig;
import dev.weir.control.Reloader.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The configuration file is changed in the ways in which files are changed. */
@Execution(ExecutionMode.CONCURRENT) // its tests mostly wait
class FileWatchIT {
    /** For files that change in one step. */
    private static final Duration SOON = Duration.ofMillis(50);
    /** A slow writer must not stand still for so long. */
    private static final Duration USUAL = Duration.ofMillis(500);

    @TempDir
    Path folder;

    private final List<WeirConfig> applied = new CopyOnWriteArrayList<>();
    /** Set when a test begins to watch. */
    @SuppressWarnings("NullAway.Init")
    private Reloader reloader;

    private FileWatch watching(Path file, Duration every) throws IOException {
        Control control = Control.of(Configs.two());
        control.attach(applied::add, control.state().config());
        reloader = Reloader.of(control, file);
        return FileWatch.start(reloader, every);
    }

    private static String weight(int weight) {
        return Configs.TEXT.replace("weight: 2", "weight: " + weight);
    }

    private void awaitWeight(int weight) {
        await().until(() -> !applied.isEmpty() && weights(applied.getLast()).contains(weight));
    }

    private void awaitLast(Outcome outcome) {
        await().until(() -> Objects.requireNonNull(reloader.last()).outcome() == outcome);
    }

    private static List<Integer> weights(WeirConfig config) {
        return Objects.requireNonNull(config.pools().get("web")).servers().stream()
                .map(PoolConfig.ServerConfig::weight)
                .toList();
    }

    @Test
    void file_replacedByAnother_isFollowed() throws IOException {
        Path file = Files.writeString(folder.resolve("weir.yaml"), Configs.TEXT);
        try (FileWatch _ = watching(file, SOON)) {
            for (int weight = 5; weight < 7; weight++) {
                Path next = Files.writeString(folder.resolve("next"), weight(weight));
                Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
                awaitWeight(weight);
            }
            assertThat(applied).hasSize(2);
        }
    }

    @Test
    void file_writtenBitByBit_isTakenWhole() throws IOException, InterruptedException {
        Path file = Files.writeString(folder.resolve("weir.yaml"), Configs.TEXT);
        try (FileWatch _ = watching(file, USUAL)) {
            int weight = 6;
            boolean steadily;
            do {
                applied.clear();
                steadily = writeBitByBit(file, weight(++weight));
                awaitWeight(weight);
            } while (!steadily && weight < 20);
            assertThat(applied).hasSize(1);
        }
    }

    /** False when the machine let the writer stand still for so long that a part may have been believed. */
    private static boolean writeBitByBit(Path file, String text) throws IOException, InterruptedException {
        long longest = 0;
        Files.writeString(file, "");
        for (int from = 0; from < text.length(); from += 40) {
            long begin = System.nanoTime();
            Files.writeString(
                    file, text.substring(from, Math.min(from + 40, text.length())), StandardOpenOption.APPEND);
            Thread.sleep(20); // as a slow writer does
            longest = Math.max(longest, System.nanoTime() - begin);
        }
        return longest < USUAL.toNanos() * 8 / 10;
    }

    /** As in mounted config maps: the file is a link into a folder that is itself a link, and that one is swapped. */
    @Test
    void link_swapped_isFollowed() throws IOException {
        Path first = Files.createDirectory(folder.resolve("first"));
        Path second = Files.createDirectory(folder.resolve("second"));
        Files.writeString(first.resolve("weir.yaml"), Configs.TEXT);
        Files.writeString(second.resolve("weir.yaml"), weight(8));
        Path data = Files.createSymbolicLink(folder.resolve("data"), first);
        Path file = Files.createSymbolicLink(folder.resolve("weir.yaml"), data.resolve("weir.yaml"));
        try (FileWatch _ = watching(file, SOON)) {
            Path next = Files.createSymbolicLink(folder.resolve("next"), second);
            Files.move(next, data, StandardCopyOption.ATOMIC_MOVE);
            awaitWeight(8);
        }
    }

    @Test
    void file_faultyThenGoneThenBack_keepsWhatHeld() throws IOException {
        Path file = Files.writeString(folder.resolve("weir.yaml"), Configs.TEXT);
        try (FileWatch _ = watching(file, SOON)) {
            Files.writeString(file, Configs.TEXT.replace("weight: 2", "weight: many"));
            await().until(() -> reloader.last() != null);
            assertThat(Objects.requireNonNull(reloader.last()).outcome()).isEqualTo(Outcome.REFUSED);
            Files.writeString(file, Configs.TEXT);
            awaitLast(Outcome.UNCHANGED);
            Files.delete(file);
            awaitLast(Outcome.REFUSED);
            assertThat(Objects.requireNonNull(reloader.last()).problems())
                    .containsExactly(file + ": there is no such file");
            Files.writeString(file, weight(9));
            awaitWeight(9);
            assertThat(applied).hasSize(1);
        }
    }
}
