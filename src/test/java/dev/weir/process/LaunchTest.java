package dev.weir.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LaunchTest {
    @Test
    void of_commandLineOfTheSystem_isItsWords() {
        assertThat(Launch.of("java\0-cp\0a b\0\0run\0weir.yaml\0").command())
                .containsExactly("java", "-cp", "a b", "", "run", "weir.yaml");
    }
}
