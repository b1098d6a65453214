package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import dev.weir.config.WeirConfig;
import dev.weir.control.FileStore;
import dev.weir.control.MemoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatePlaceTest {
    @TempDir
    Path folder;

    private static WeirConfig config(String keys) {
        String text = "listeners: [{ bind: ':80' }]\npools: { web: { servers: ['a:1'] } }\n" + keys;
        if (ConfigReader.read("test", text) instanceof ConfigResult.Sound sound) {
            return sound.config();
        }
        throw new AssertionError(text);
    }

    @Test
    void file_withoutAnotherPlace_hasItsStateBesideIt() throws IOException {
        Path file = folder.resolve("weir.yaml");
        assertThat(StatePlace.of(config(""), file))
                .isInstanceOfSatisfying(
                        FileStore.class,
                        store -> assertThat(store.file()).isEqualTo(folder.resolve("weir.yaml.state.json")));
    }

    @Test
    void folderThatCannotBeWritten_meansMemory() throws IOException {
        Path file = folder.resolve("nowhere/weir.yaml");
        assertThat(StatePlace.of(config("admin: { bind: '127.0.0.1:0' }\n"), file))
                .isInstanceOf(MemoryStore.class);
    }

    @Test
    void noFile_meansMemory_unlessAPlaceIsAskedFor() throws IOException {
        assertThat(StatePlace.of(config(""), null)).isInstanceOf(MemoryStore.class);
        Path asked = folder.resolve("state.json");
        assertThat(StatePlace.of(config("state-file: " + asked), null).isDurable())
                .isTrue();
    }

    @Test
    void off_meansMemory() throws IOException {
        assertThat(StatePlace.of(config("state-file: off"), folder.resolve("weir.yaml")))
                .isInstanceOf(MemoryStore.class);
    }

    @Test
    void placeAskedFor_thatCannotBeWritten_isRefused() throws IOException {
        Path taken = Files.writeString(folder.resolve("a-file"), "");
        assertThatThrownBy(() -> StatePlace.of(config("state-file: " + taken + "/state.json"), null))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("the state file " + taken + "/state.json cannot be written: ");
    }
}
