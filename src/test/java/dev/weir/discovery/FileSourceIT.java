package dev.weir.discovery;

import static dev.weir.discovery.SourceReport.Outcome.FAILED;
import static dev.weir.discovery.SourceReport.Outcome.UNCHANGED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.config.PoolConfig.ServerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT) // its tests mostly wait
class FileSourceIT {
    @TempDir
    Path folder;

    private Path write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private static Followed follow(Path file) {
        return Followed.of("[{ file: \"" + file + "\" }]");
    }

    /** As most programs write: a new file in the old one's place. */
    private void replace(Path file, String text) throws IOException {
        Files.move(write("new", text), file, StandardCopyOption.ATOMIC_MOVE);
    }

    @Test
    void list_inYaml_isReadLikeServers() throws Exception {
        Path file = write("servers.yaml", "# all\n- 10.0.0.1:80\n- { address: \"10.0.0.2:80\", weight: 3 }\n");
        try (Followed web = follow(file)) {
            web.awaitServers("10.0.0.1:80", "10.0.0.2:80");
            assertThat(web.servers()).extracting(ServerConfig::weight).containsExactly(1, 3);
        }
    }

    @Test
    void list_inJsonWithTabs_isRead() throws Exception {
        Path file =
                write("servers.json", "[\n\t\"10.0.0.1:80\",\n\t{\"address\":\t\"10.0.0.2:80\", \"weight\": 3}\n]\n");
        try (Followed web = follow(file)) {
            web.awaitServers("10.0.0.1:80", "10.0.0.2:80");
        }
    }

    @Test
    void file_replaced_isInUseWithinASecondOrSo() throws Exception {
        Path file = write("servers", "[10.0.0.1:80]");
        try (Followed web = follow(file)) {
            web.awaitServers("10.0.0.1:80");
            // The best of several times: other programs may have the processor in any one of them.
            Duration best = Duration.ofHours(1);
            for (int i = 2; i < 7 && best.compareTo(Duration.ofSeconds(2)) > 0; i++) {
                replace(file, "[10.0.0." + i + ":80]");
                long begin = System.nanoTime();
                web.awaitServers("10.0.0." + i + ":80");
                best = Duration.ofNanos(System.nanoTime() - begin);
            }
            assertThat(best).isLessThan(Duration.ofSeconds(2));
        }
    }

    @Test
    void file_writtenInPlaceWithTheSameTimeAndLength_isSeenByItsInodeOrNotLost() throws Exception {
        Path file = write("servers", "[10.0.0.1:80]");
        FileTime time = Files.getLastModifiedTime(file);
        try (Followed web = follow(file)) {
            web.awaitServers("10.0.0.1:80");
            Path other = write("new", "[10.0.0.2:80]");
            Files.setLastModifiedTime(other, time);
            Files.move(other, file, StandardCopyOption.ATOMIC_MOVE);
            web.awaitServers("10.0.0.2:80");
        }
    }

    /** As Kubernetes does with config maps: the file is a link through a folder that is a link, which is swapped. */
    @Test
    void link_swapped_isSeen() throws Exception {
        Files.createDirectory(folder.resolve("v1"));
        Files.createDirectory(folder.resolve("v2"));
        write("v1/servers", "[10.0.0.1:80]");
        write("v2/servers", "[10.0.0.2:80]");
        Files.setLastModifiedTime(
                folder.resolve("v2/servers"), Files.getLastModifiedTime(folder.resolve("v1/servers")));
        Files.createSymbolicLink(folder.resolve("data"), Path.of("v1"));
        Path file = Files.createSymbolicLink(folder.resolve("servers"), Path.of("data/servers"));
        try (Followed web = follow(file)) {
            web.awaitServers("10.0.0.1:80");
            Path swap = Files.createSymbolicLink(folder.resolve("swap"), Path.of("v2"));
            Files.move(swap, folder.resolve("data"), StandardCopyOption.ATOMIC_MOVE);
            web.awaitServers("10.0.0.2:80");
        }
    }

    @Test
    void file_writtenInParts_isReadWhenItIsWhole() throws Exception {
        Path file = write("servers", "[10.0.0.1:80]");
        try (Followed web = follow(file)) {
            web.awaitServers("10.0.0.1:80");
            int network = 0;
            int told;
            boolean steadily;
            do {
                told = web.told().size();
                steadily = writeInParts(file, "10.0." + ++network);
                String last = "10.0." + network + ".10:80";
                await().until(() -> web.told().getLast().contains(last));
            } while (!steadily && network < 20);
            assertThat(web.told().getLast()).hasSize(10);
            assertThat(web.told()).hasSize(told + 1);
        }
    }

    /**
     * Each state but the last has fewer servers or is no list. False when the machine let one of them stay for two looks,
     * or nearly: then it may have been believed.
     */
    private static boolean writeInParts(Path file, String network) throws IOException {
        long longest = 0;
        Files.writeString(file, "");
        for (int i = 1; i <= 10; i++) {
            long begin = System.nanoTime();
            Files.writeString(file, "- " + network + "." + i + ":80\n", StandardOpenOption.APPEND);
            await().pollDelay(Duration.ofMillis(150)).until(() -> true);
            longest = Math.max(longest, System.nanoTime() - begin);
        }
        return longest < Duration.ofMillis(350).toNanos();
    }

    @Test
    void file_faulty_keepsTheLastListAndSaysWhere() throws Exception {
        Path file = write("servers", "[10.0.0.1:80]");
        try (Followed web = follow(file)) {
            web.awaitServers("10.0.0.1:80");
            replace(file, "- 10.0.0.1:80\n- 10.0.0.2\n");
            assertThat(web.awaitOutcome(FAILED).message())
                    .isEqualTo(file + ":2:3: [1]: found '10.0.0.2', expected host:port, [::1]:80 or unix:/path; "
                            + "the port is missing");
            assertThat(web.told()).hasSize(1);
            replace(file, "- 10.0.0.1:80\n- 10.0.0.2:80\n");
            web.awaitServers("10.0.0.1:80", "10.0.0.2:80");
        }
    }

    @Test
    void file_faulty_isJudgedOnce() throws Exception {
        Path file = write("servers", "[10.0.0.1]");
        try (Followed web = follow(file)) {
            web.awaitOutcome(FAILED);
            await().during(Duration.ofMillis(900)).until(() -> web.count(FAILED) == 1);
        }
    }

    @Test
    void file_emptyOrGone_keepsTheLastList() throws Exception {
        Path file = write("servers", "[10.0.0.1:80]");
        try (Followed web = follow(file)) {
            web.awaitServers("10.0.0.1:80");
            replace(file, "");
            assertThat(web.awaitOutcome(FAILED).message()).contains("this file is empty; an empty list is written []");
            Files.delete(file);
            await().until(() -> web.report().message().equals(file + ": there is no such file"));
            assertThat(web.told()).hasSize(1);
            replace(file, "[10.0.0.1:80]");
            web.awaitOutcome(UNCHANGED);
        }
    }

    @Test
    void list_empty_isBelieved() throws Exception {
        Path file = write("servers", "[10.0.0.1:80]");
        try (Followed web = follow(file)) {
            web.awaitServers("10.0.0.1:80");
            replace(file, "[]\n");
            web.awaitServers();
        }
    }

    @Test
    void list_withServersThatDoNotSuitThePool_isRefused() throws Exception {
        Path file = write("servers", "[{ address: \"10.0.0.1:80\", health: { type: grpc } }, 10.0.0.1:80]");
        try (Followed web = follow(file)) {
            assertThat(web.awaitOutcome(FAILED).message())
                    .contains("gRPC needs HTTP/2")
                    .endsWith("(and 1 more)");
        }
    }
}
