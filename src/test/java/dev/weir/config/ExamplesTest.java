package dev.weir.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ExamplesTest {
    static List<Path> examples() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("examples"))) {
            return Stream.concat(files.sorted(), Stream.of(Path.of("packaging", "weir.yaml")))
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void example_read_isSoundWithoutWarnings(Path file) {
        assertThat(ConfigReader.read(file))
                .isInstanceOfSatisfying(
                        ConfigResult.Sound.class,
                        sound -> assertThat(sound.warnings()).isEmpty());
    }

    @ParameterizedTest
    @MethodSource("examples")
    void example_validated_fitsTheSchema(Path file) throws IOException {
        assertThat(SchemaValidator.faults(Files.readString(file))).isEmpty();
    }
}
