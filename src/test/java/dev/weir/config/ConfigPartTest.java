package dev.weir.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.config.ConfigPart.Result;
import dev.weir.config.PoolConfig.ServerConfig;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigPartTest {
    private static final ServerConfig SERVER = ServerConfig.of(Address.parse("10.0.0.1:80"));

    private static <T extends Record> T sound(Class<T> type, String text) {
        return switch (ConfigPart.read(type, "body", text)) {
            case Result.Sound<T>(T value) -> value;
            case Result.Faulty<T>(List<ConfigProblem> problems) -> throw new AssertionError(problems);
        };
    }

    private static List<String> problems(Class<? extends Record> type, String text) {
        return switch (ConfigPart.read(type, "body", text)) {
            case Result.Sound<?> _ -> List.of();
            case Result.Faulty<?> faulty ->
                faulty.problems().stream().map(ConfigProblem::message).toList();
        };
    }

    @Test
    void json_ofAnyConfiguration_readsBackEqual() {
        for (long seed = 0; seed < 200; seed++) {
            WeirConfig config = new RandomConfig(seed).config();
            for (PoolConfig pool : config.pools().values()) {
                assertThat(sound(PoolConfig.class, ConfigJson.brief(pool).toString()))
                        .as("seed %s", seed)
                        .isEqualTo(pool);
                assertThat(sound(PoolConfig.class, ConfigJson.whole(pool).toString()))
                        .as("seed %s", seed)
                        .isEqualTo(pool);
            }
            assertThat(ConfigReader.read("json", ConfigJson.whole(config).toString()))
                    .as("seed %s", seed)
                    .isInstanceOfSatisfying(
                            ConfigResult.Sound.class,
                            read -> assertThat(read.config()).isEqualTo(config));
        }
    }

    @Test
    void brief_leavesOutDefaults() {
        assertThat(ConfigJson.brief(SERVER)).hasToString("{\"address\":\"10.0.0.1:80\"}");
        assertThat(ConfigJson.whole(SERVER).get("max-requests").stringValue()).isEqualTo("off");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {"address":"a:1","wieght":2}      | body:1:18: unknown key 'wieght'; did you mean 'weight'?
                    {"weight":2}                      | body:1:1: the key 'address' is missing
                    {"address":"a:1","weight":300}    | body:1:27: weight: found '300', expected a whole number from 0 to 256
                    {"address":"a:1","state":"up"}    | body:1:26: state: found 'up', expected one of ready, drain, maint
                    """)
    void faultySection_saysWhatAndWhere(String text, String problem) {
        assertThat(problems(ServerConfig.class, text)).containsExactly(problem);
    }

    @Test
    void faultyPool_isCheckedAsInAFile() {
        assertThat(problems(PoolConfig.class, "{\"servers\":[\"a:1\",\"A:1\"]}"))
                .singleElement()
                .asString()
                .startsWith("body:1:19: servers[1]: the server A:1 is in this pool twice");
    }

    @Test
    void with_changesOnlyWhatIsNamed() {
        ServerConfig changed = ConfigPart.with(SERVER, Map.of("weight", 7, "state", AdminState.DRAIN));
        assertThat(changed.address()).isEqualTo(SERVER.address());
        assertThat(ConfigPart.values(changed, List.of("weight", "state", "health")))
                .isEqualTo(Map.of("weight", 7, "state", AdminState.DRAIN));
        assertThatThrownBy(() -> ConfigPart.with(SERVER, Map.of("wait", 1))).hasMessageContaining("wait");
    }

    @Test
    void leaves_nameEveryValueByItsPath() {
        PoolConfig pool = sound(PoolConfig.class, "{\"servers\":[\"a:1\"],\"timeouts\":{\"connect\":\"2s\"}}");
        assertThat(ConfigPart.leaves(pool))
                .containsEntry("timeouts.connect", "2s")
                .containsEntry("servers[0].address", "a:1")
                .doesNotContainKey("health.path");
    }
}
