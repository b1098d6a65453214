package dev.weir.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PidFileTest {
    @TempDir
    private Path directory;

    @Test
    void write_staleFile_isReplaced() throws Exception {
        Path path = Files.writeString(directory.resolve("weir.pid"), "99999\n");
        new PidFile(path, 42).write();
        assertThat(path).hasContent("42");
        assertThat(directory).isDirectoryNotContaining("glob:**.new-*");
    }

    @Test
    void remove_ownNumber_isGone() throws Exception {
        PidFile file = new PidFile(directory.resolve("weir.pid"), 42);
        file.write();
        file.remove();
        assertThat(directory).isEmptyDirectory();
        file.remove();
    }

    @Test
    void remove_numberOfTheNextProcess_stays() throws Exception {
        Path path = directory.resolve("weir.pid");
        PidFile file = new PidFile(path, 42);
        file.write();
        new PidFile(path, 43).write();
        file.remove();
        assertThat(path).hasContent("43");
    }

    @Test
    void write_aDirectoryIsThere_saysSo() throws Exception {
        Path path = Files.createDirectories(directory.resolve("weir.pid"));
        assertThatThrownBy(new PidFile(path, 42)::write)
                .hasMessageStartingWith("cannot write the pid-file " + path + ": ")
                .hasMessageEndingWith("is a directory");
        assertThat(directory).isDirectoryNotContaining("glob:**new-42");
    }

    @Test
    void write_noSuchDirectory_saysSo() {
        Path path = directory.resolve("missing").resolve("weir.pid");
        assertThatThrownBy(new PidFile(path, 42)::write)
                .hasMessage("cannot write the pid-file " + path + ": there is no such directory");
    }
}
