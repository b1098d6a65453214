package dev.weir.balance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.BalanceConfig;
import dev.weir.config.ConfigDefaults;
import dev.weir.config.PoolConfig;
import dev.weir.pool.ServerSet;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PoolTest {
    private final Choice choice = new Choice(1);

    @Test
    void change_toOtherServers_rotationGoesOn() {
        ServerSet servers = Servers.of(1, 1, 1, 1);
        Pool pool = new Pool("web", config(BalanceConfig.ROUND_ROBIN), servers);
        assertThat(pool.pick(choice)).isSameAs(servers.server(0));
        ServerSet others = Servers.of(1, 1, 1, 1);
        pool.change(pool.config(), others);
        assertThat(pool.pick(choice)).isSameAs(servers.server(1));
        pool.ready(others);
        assertThat(pool.pick(choice)).isSameAs(others.server(2));
    }

    @Test
    void change_toOtherPolicy_picks() {
        ServerSet servers = Servers.of(1, 0);
        Pool pool = new Pool("web", config(BalanceConfig.ROUND_ROBIN), servers);
        pool.change(config(BalanceConfig.LEAST_REQUESTS), servers);
        pool.ready(servers);
        assertThat(pool.pick(choice)).isSameAs(servers.server(0));
        assertThat(pool.servers().size()).isEqualTo(2);
    }

    private static PoolConfig config(BalanceConfig balance) {
        return ConfigDefaults.of(PoolConfig.class, Map.of("balance", balance));
    }
}
