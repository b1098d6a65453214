package dev.weir.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.config.Address;
import dev.weir.config.PoolConfig.ServerConfig;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ServerRegistryTest {
    private final ServerRegistry registry = new ServerRegistry();

    @Test
    void acquire_sameAddress_isTheSameServerWithinAPoolOnly() {
        Server server = registry.acquire("web", address(1));
        assertThat(registry.acquire("web", address(1))).isSameAs(server);
        assertThat(registry.acquire("api", address(1))).isNotSameAs(server);
        assertThat(server).hasToString("web/10.0.0.1:1");
    }

    @Test
    void release_afterReload_keepsWhatStaysAndReusesWhatGoes() {
        ServerSet before = registry.acquire("web", servers(1, 2, 3));
        ServerSet after = registry.acquire("web", servers(2, 3));
        registry.release(before);
        assertThat(after.server(0)).isSameAs(before.server(1));
        assertThat(registry.servers()).containsExactly(after.server(0), after.server(1));
        Server added = registry.acquire("web", address(4));
        assertThat(added.slot()).isEqualTo(before.server(0).slot());
    }

    @Test
    void release_requestInFlight_isRememberedUntilItEnds() {
        Server server = registry.acquire("web", address(1));
        server.tryBegin();
        registry.release(server);
        assertThat(registry.servers()).isEmpty();
        assertThat(registry.acquire("web", address(2)).slot()).isNotEqualTo(server.slot());
        assertThat(registry.acquire("web", address(1))).isSameAs(server);
        registry.release(server);
        server.end();
        assertThat(registry.acquire("web", address(3)).slot()).isEqualTo(server.slot());
    }

    @Test
    void release_tooOften_isRefused() {
        Server server = registry.acquire("web", address(1));
        registry.release(server);
        assertThatThrownBy(() -> registry.release(server)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void acquire_manyServers_slotsAreDifferentAndDense() {
        ServerSet set = registry.acquire("web", servers(IntStream.range(1, 1001).toArray()));
        assertThat(IntStream.range(0, set.size()).map(i -> set.server(i).slot()).boxed())
                .containsExactlyElementsOf(IntStream.range(0, 1000).boxed().toList());
    }

    private static List<ServerConfig> servers(int... ports) {
        return IntStream.of(ports)
                .mapToObj(port -> ServerConfig.of(address(port)))
                .toList();
    }

    private static Address address(int port) {
        return new Address.Inet("10.0.0.1", port);
    }
}
