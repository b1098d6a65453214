package dev.weir.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each {@code *.yaml} of the corpus says, word for word, what the {@code *.txt} beside it holds. */
class FaultyConfigTest {
    private static final Path CORPUS = Path.of("src/test/resources/config");

    @TempDir
    Path folder;

    static List<Path> corpus() throws IOException {
        try (Stream<Path> files = Files.list(CORPUS)) {
            return files.filter(file -> file.toString().endsWith(".yaml"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("corpus")
    void file_faulty_saysWhatIsWrongAndWhere(Path file) throws IOException {
        Path expected = Path.of(file.toString().replace(".yaml", ".txt"));
        assertThat(String.join("\n", said(ConfigReader.read(file))))
                .isEqualTo(Files.readString(expected).strip());
    }

    @Test
    void file_missing_saysSo() {
        assertThat(said(ConfigReader.read(Path.of("nowhere.yaml"))))
                .containsExactly("nowhere.yaml: there is no such file");
    }

    @Test
    void file_folder_saysSo() {
        assertThat(said(ConfigReader.read(CORPUS))).containsExactly("config: this is a directory, not a file");
    }

    @Test
    void file_hugeOrEndless_isNotReadToTheEnd() throws IOException {
        Path huge = Files.write(folder.resolve("huge.yaml"), new byte[ConfigReader.LONGEST_FILE + 1]);
        assertThat(said(ConfigReader.read(huge))).containsExactly("huge.yaml: this file is longer than 4MiB");
    }

    @Test
    void nesting_deep_isRefusedWithoutExhaustingTheStack() {
        assertThat(said(ConfigReader.read("x", "listeners: " + "[".repeat(100_000))))
                .containsExactly("x:1:61: this is not YAML: more than 50 levels are nested");
    }

    @Test
    void aliases_multiplied_areBounded() {
        StringBuilder text = new StringBuilder("listeners: [{bind: ':1'}]\nroutes: [{pool: p0}]\npools:\n");
        text.append(" p0: {servers: &s [");
        for (int i = 0; i < 1200; i++) {
            text.append("'h").append(i).append(":80',");
        }
        text.append("]}\n");
        for (int i = 1; i < 1000; i++) {
            text.append(" p").append(i).append(": {servers: *s}\n");
        }
        assertThat(said(ConfigReader.read("x", text.toString())))
                .singleElement()
                .asString()
                .contains("there are more than 250000 values");
    }

    @Test
    void problems_countless_areBounded() {
        String text = "listeners: [" + "1,".repeat(5_000) + "]\n";
        assertThat(said(ConfigReader.read("x", text))).hasSize(1000);
    }

    /** The messages without the folder of the file. */
    private static List<String> said(ConfigResult result) {
        List<String> lines = switch (result) {
            case ConfigResult.Faulty faulty ->
                faulty.problems().stream().map(ConfigProblem::message).toList();
            case ConfigResult.Sound sound ->
                sound.warnings().stream()
                        .map(warning -> "warning: " + warning.message())
                        .toList();
        };
        return lines.stream()
                .map(line -> line.replaceFirst("^(warning: )?\\S*/", "$1"))
                .toList();
    }
}
