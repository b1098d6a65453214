package dev.weir.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ConfigPrinterTest {
    @Test
    void print_randomConfigs_readBackToEqualOnes() {
        long seed = Long.getLong("seed", 20_261_126);
        for (int i = 0; i < 500; i++) {
            WeirConfig config = new RandomConfig(seed + i).config();
            String text = ConfigPrinter.print(config);
            assertThat(ConfigReader.read("printed", text))
                    .as("seed %s\n%s", seed + i, text)
                    .isInstanceOfSatisfying(
                            ConfigResult.Sound.class,
                            sound -> assertThat(sound.config()).isEqualTo(config));
        }
    }
}
