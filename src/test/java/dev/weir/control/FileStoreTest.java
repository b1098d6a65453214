package dev.weir.control;

import static dev.weir.control.Configs.at;
import static dev.weir.control.Configs.pool;
import static dev.weir.control.Configs.route;
import static dev.weir.control.Configs.server;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.config.AdminState;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileStoreTest {
    @TempDir
    Path folder;

    private FileStore store() {
        return FileStore.at(folder.resolve("weir.yaml.state.json"));
    }

    /** One of each kind of change. */
    private static Overlay everything() throws Exception {
        Control control = Control.of(Configs.two());
        control.edit(Edit.addServer("web", server("{address: 'n:1', weight: 3, health: {path: /up}}")));
        control.edit(Edit.removeServer("web", at("a:1")));
        control.edit(Edit.changeServer(
                "web", at("b:1"), Map.of("weight", 0, "state", AdminState.MAINT, "max-requests", 77), Set.of()));
        control.edit(Edit.addRoute(route("{name: x, match: {path: '/x/*', methods: [GET]}, pool: web}"), "api"));
        control.edit(Edit.removeRoute("api"));
        control.edit(Edit.removePool("api"));
        control.edit(Edit.putPool("new", pool("{balance: random, servers: ['unix:/run/x']}")));
        return control.state().overlay();
    }

    @Test
    void saved_everyKindOfChange_isLoadedEqual() throws Exception {
        assertThat(store().load()).isEqualTo(new StateStore.Saved(Overlay.NONE, 0));
        Overlay overlay = everything();
        assertThat(store().save(overlay, 0)).isEqualTo(OptionalLong.of(1));
        assertThat(store().load()).isEqualTo(new StateStore.Saved(overlay, 1));
        assertThat(folder).isDirectoryContaining("glob:**weir.yaml.state.json").isDirectoryNotContaining("glob:**.tmp");
    }

    @Test
    void saved_afterAKill_removesWhatTheDeadLeft() throws Exception {
        long dead = Long.MAX_VALUE;
        String name = store().file().getFileName().toString();
        Files.writeString(folder.resolve("." + name + "." + dead + ".tmp"), "{");
        long alive = ProcessHandle.current().parent().orElseThrow().pid();
        Path writing = Files.writeString(folder.resolve("." + name + "." + alive + ".tmp"), "{");
        Path other = Files.writeString(folder.resolve("." + name + ".mine.tmp"), "{");
        assertThat(store().save(everything(), 0)).isPresent();
        assertThat(folder.toFile().list()).containsExactlyInAnyOrder(name, file(writing), file(other));
    }

    private static String file(Path path) {
        return path.getFileName().toString();
    }

    @Test
    void saved_afterAnother_isAConflict() throws Exception {
        assertThat(store().save(everything(), 0)).isPresent();
        assertThat(store().save(Overlay.NONE, 0)).isEmpty();
        assertThat(store().load().overlay()).isEqualTo(everything());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "{\"format\":1}",
                "{\"format\":2,\"counter\":1,\"changes\":{}}",
                "{\"format\":1,\"counter\":1,\"changes\":{\"pools\":{\"web\":{}}}}",
                "{\"format\":1,\"counter\":1,\"changes\":{\"servers\":{\"web\":{\"a:1\":{\"changed\":{\"wait\":1}}}}}}"
            })
    void damagedFile_isRefusedAndNeverWrittenOver(String text) throws IOException {
        Path file = Files.writeString(store().file(), text);
        assertThatThrownBy(() -> store().load())
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(
                        "the state file " + file + ", which has the changes made by the admin API, cannot be read: ")
                .hasMessageEndingWith("; repair it, or move it away to start with the configuration file alone");
        assertThatThrownBy(() -> store().save(Overlay.NONE, 0)).isInstanceOf(IOException.class);
        assertThat(file).hasContent(text);
    }

    @Test
    void symbolicLink_staysOne() throws Exception {
        Path real = Files.createDirectory(folder.resolve("real")).resolve("state.json");
        assertThat(FileStore.at(real).save(Overlay.NONE, 0)).isPresent();
        Path link = Files.createSymbolicLink(folder.resolve("link.json"), real);
        assertThat(FileStore.at(link).save(everything(), 1)).isPresent();
        assertThat(link).isSymbolicLink();
        assertThat(FileStore.at(real).load().revision()).isEqualTo(2);
    }

    @Test
    void folder_missing_isToldAsAClause() {
        FileStore nowhere = FileStore.at(folder.resolve("none/state.json"));
        assertThat(nowhere.isWritable()).isFalse();
        assertThatThrownBy(() -> nowhere.save(Overlay.NONE, 0))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("the state file " + nowhere.file() + " cannot be written: ");
    }

    @Test
    void processKilledWhileWriting_leavesWhatItHadAcknowledged() throws Exception {
        long acknowledged = 0;
        for (int kill = 1; kill <= 4; kill++) {
            Process writer = new ProcessBuilder(
                            ProcessHandle.current().info().command().orElseThrow(),
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Writing.class.getName(),
                            store().file().toString())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try (BufferedReader lines = writer.inputReader()) {
                for (int i = 0; i < 10 * kill + kill; i++) {
                    acknowledged = Long.parseLong(lines.readLine());
                }
                writer.toHandle().destroyForcibly(); // the process itself would close the stream, too
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    acknowledged = Long.parseLong(line);
                }
            }
            writer.waitFor();
            StateStore.Saved left = store().load();
            assertThat(left.revision()).isBetween(acknowledged, acknowledged + 1);
            assertThat(left.overlay().servers().get("web")).hasSize((int) (left.revision() % Writing.MOST));
        }
    }

    /** Saves one state after the other and says each revision when it is saved. */
    static final class Writing {
        static final int MOST = 200;

        private Writing() {}

        public static void main(String[] args) throws IOException {
            FileStore store = FileStore.at(Path.of(args[0]));
            StateStore.Saved last = store.load();
            for (int i = 0; i < 100_000; i++) {
                Overlay next = Overlay.NONE;
                for (int server = 0; server < (last.revision() + 1) % MOST; server++) {
                    String address = "host-" + server + ":80";
                    next = next.with(
                            "web", address, new Overlay.ServerEdit.Added(server("{address: '" + address + "'}")));
                }
                last = new StateStore.Saved(
                        next, store.save(next, last.revision()).orElseThrow());
                System.out.println(last.revision());
            }
        }
    }
}
