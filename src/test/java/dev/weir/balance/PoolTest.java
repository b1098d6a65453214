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
    void with_otherServers_rotationGoesOn() {
        ServerSet servers = Servers.of(1, 1, 1, 1);
        Pool pool = new Pool("web", config(BalanceConfig.ROUND_ROBIN), servers);
        assertThat(pool.pick(choice)).isSameAs(servers.server(0));
        Pool next = pool.with(pool.config(), servers);
        assertThat(next.pick(choice)).isSameAs(servers.server(1));
        assertThat(pool.pick(choice)).isSameAs(servers.server(2));
    }

    @Test
    void with_otherPolicy_picks() {
        ServerSet servers = Servers.of(1, 0);
        Pool pool = new Pool("web", config(BalanceConfig.ROUND_ROBIN), servers)
                .with(config(BalanceConfig.LEAST_REQUESTS), servers);
        assertThat(pool.pick(choice)).isSameAs(servers.server(0));
        assertThat(pool.servers().size()).isEqualTo(2);
    }

    private static PoolConfig config(BalanceConfig balance) {
        return ConfigDefaults.of(PoolConfig.class, Map.of("balance", balance));
    }
}
