package dev.weir.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigSchemaTest {
    @Test
    void schema_randomConfigs_acceptsWhatIsPrinted() {
        long seed = Long.getLong("seed", 20_261_126);
        for (int i = 0; i < 100; i++) {
            String text = ConfigPrinter.print(new RandomConfig(seed + i).config());
            assertThat(SchemaValidator.faults(text))
                    .as("seed %s\n%s", seed + i, text)
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "unknown-keys",
                "wrong-types",
                "out-of-range",
                "unknown-variants",
                "missing-keys",
                "missing-sections",
                "empty-sections",
                "nothing-in-sections",
                "addresses",
                "routes",
                "not-a-map"
            })
    void schema_faultyFile_refusesItToo(String name) throws IOException {
        assertThat(SchemaValidator.faults(Files.readString(Path.of("src/test/resources/config/" + name + ".yaml"))))
                .isNotEmpty();
    }

    @Test
    void referencePage_committed_isCurrent() throws IOException {
        assertThat(Files.readString(Path.of("docs/configuration.md")))
                .as("out of date; regenerate it with: weir schema --reference > docs/configuration.md")
                .isEqualTo(ConfigReference.page());
    }
}
