package dev.weir.control;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.WeirConfig;
import dev.weir.control.Reloader.Outcome;
import dev.weir.control.Reloader.Report;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReloaderTest {
    @TempDir
    Path folder;

    private final List<WeirConfig> applied = new ArrayList<>();
    private Path file;
    private Control control;
    private Reloader reloader;

    @BeforeEach
    void start() throws IOException {
        file = Files.writeString(folder.resolve("weir.yaml"), Configs.TEXT);
        control = Control.of(Configs.two());
        control.attach(applied::add, control.state().config());
        reloader = Reloader.of(control, file);
    }

    @Test
    void file_unchanged_changesNothing() {
        assertThat(reloader.reload("test").outcome()).isEqualTo(Outcome.UNCHANGED);
        assertThat(applied).isEmpty();
    }

    @Test
    void file_changed_isAppliedWithItsDifference() throws IOException {
        Files.writeString(file, Configs.TEXT.replace("weight: 2", "weight: 3"));
        Report report = reloader.reload("test");
        assertThat(report.outcome()).isEqualTo(Outcome.APPLIED);
        assertThat(report.changes())
                .singleElement()
                .hasToString("~ server b:1 of pool web: weight: 2 -> 3; new requests only");
        assertThat(applied).containsExactly(control.state().base());
        assertThat(control.state().version()).isEqualTo(report.version());
        assertThat(reloader.last()).isEqualTo(report);
    }

    @Test
    void file_faulty_keepsWhatHeld() throws IOException {
        Files.writeString(file, Configs.TEXT.replace("weight: 2", "weight: many"));
        Report report = reloader.reload("test");
        assertThat(report.outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(report.problems())
                .singleElement()
                .asString()
                .startsWith(file + ":6:53: pools.web.servers[1].weight: found 'many'");
        assertThat(applied).isEmpty();
    }

    @Test
    void file_namingACertificateThatIsNotThere_isRefusedAsByCheck() throws IOException {
        Files.writeString(
                file,
                Configs.TEXT.replace(
                        "bind: \":8080\"", "bind: \":8080\", tls: { certificates: [{ cert: no.pem, key: no.key }] }"));
        assertThat(reloader.reload("test").problems())
                .isNotEmpty()
                .allSatisfy(problem -> assertThat(problem).contains("no."));
    }

    @Test
    void follow_faultThatWasReported_isNotReportedAgain() throws IOException {
        byte[] faulty = Configs.TEXT.replace("weight: 2", "weight: many").getBytes(UTF_8);
        Files.write(file, faulty);
        Report asked = reloader.reload("SIGHUP");
        reloader.follow("changed", file, ByteBuffer.wrap(faulty));
        assertThat(reloader.last()).isSameAs(asked);
        reloader.follow("changed", file, ByteBuffer.wrap("pool: {}".getBytes(UTF_8)));
        assertThat(reloader.last()).isNotSameAs(asked);
        reloader.follow("changed", file, ByteBuffer.wrap(Configs.TEXT.getBytes(UTF_8)));
        assertThat(Objects.requireNonNull(reloader.last()).outcome()).isEqualTo(Outcome.UNCHANGED);
    }

    @Test
    void file_gone_isRefused() throws IOException {
        Files.delete(file);
        assertThat(reloader.reload("test").problems()).containsExactly(file + ": there is no such file");
    }

    @Test
    void noFile_saysSo() {
        assertThat(Reloader.none(control).reload("test").problems())
                .containsExactly("Weir was started without a configuration file, so there is none to read");
    }

    @Test
    void plan_tellsWhatWouldChangeAndChangesNothing() {
        String text = Configs.TEXT.replace("weight: 2", "weight: 3");
        assertThat(reloader.plan("new.yaml", text, Difference.Load.UNKNOWN).changes())
                .singleElement()
                .hasToString("~ server b:1 of pool web: weight: 2 -> 3; new requests only");
        assertThat(reloader.plan("new.yaml", "pools: 1", Difference.Load.UNKNOWN)
                        .problems())
                .contains("new.yaml:1:1: the key 'listeners' is missing");
        assertThat(applied).isEmpty();
    }
}
