package dev.weir.tls;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AcmeStorageTest {
    private static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");

    @TempDir
    Path folder;

    private AcmeStorage storage;

    @BeforeEach
    void prepare() throws IOException {
        storage = AcmeStorage.of(folder.resolve("acme").toString(), "https://ca.example:14000/acme/dir");
        storage.prepare();
    }

    @Test
    void folder_isOneForEachAuthority() {
        assertThat(storage.folder()).isEqualTo(folder.resolve("acme/ca.example-14000-acme-dir"));
        assertThat(AcmeStorage.of("/a", "https://ca.example/../../dir").folder().getParent())
                .isEqualTo(Path.of("/a"));
        assertThat(AcmeStorage.of("/a", "https://ca.example").folder()).isEqualTo(Path.of("/a/ca.example"));
    }

    @Test
    void files_areForTheirOwnerAlone() throws IOException {
        Path file = storage.certificate("a.example");
        storage.put(file, "first");
        storage.put(file, "second");
        assertThat(file).hasContent("second");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(storage.folder())))
                .isEqualTo("rwx------");
        try (var files = Files.list(file.getParent())) {
            assertThat(files).containsExactly(file); // nothing left of the writing
        }
    }

    @Test
    void lock_isHeldByOneAtATime() throws IOException {
        AcmeStorage.Lock first = requireNonNull(storage.lock());
        assertThat(storage.lock()).isNull();
        first.close();
        requireNonNull(storage.lock()).close();
    }

    @Test
    void challenges_leftBehind_areRemovedAfterADay() throws IOException {
        storage.put(storage.challenge("old.token"), "");
        storage.put(storage.challenge("new.token"), "");
        Files.setLastModifiedTime(storage.challenge("old.token"), FileTime.from(NOW.minus(Duration.ofHours(25))));
        Files.setLastModifiedTime(storage.challenge("new.token"), FileTime.from(NOW.minus(Duration.ofHours(23))));
        storage.removeStaleChallenges(NOW);
        assertThat(storage.challenges()).containsExactly(storage.challenge("new.token"));
    }

    @Test
    void failures_areThoseOfTheLastHour_alsoForAnotherProcess() throws IOException {
        storage.addFailure("a.example", NOW.minus(Duration.ofMinutes(61)));
        storage.addFailure("a.example", NOW.minus(Duration.ofMinutes(59)));
        storage.addFailure("a.example", NOW);
        AcmeStorage other = new AcmeStorage(storage.folder());
        assertThat(other.failures("a.example", NOW)).containsExactly(NOW.minus(Duration.ofMinutes(59)), NOW);
        assertThat(other.failures("b.example", NOW)).isEmpty();
        other.forgetFailures("a.example");
        assertThat(storage.failures("a.example", NOW)).isEmpty();
    }

    @Test
    void storage_thatIsAFile_isRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        assertThatThrownBy(() -> AcmeStorage.verifyWritable(file.resolve("below")))
                .isInstanceOf(IOException.class)
                .hasMessage(file + " is no folder");
        assertThatThrownBy(() -> new AcmeStorage(file.resolve("below")).prepare())
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("the storage for ACME cannot be made: ");
        AcmeStorage.verifyWritable(folder.resolve("not/there/yet"));
        assertThat(folder.resolve("not")).doesNotExist();
    }
}
