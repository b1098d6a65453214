package dev.weir.balance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.BalanceConfig;
import dev.weir.pool.ServerSet;
import org.junit.jupiter.api.Test;

class TwoChoicesTest {
    private final Choice choice = new Choice(1);

    @Test
    void pick_twoServers_findsTheLessLoadedAlways() {
        ServerSet servers = Servers.of(1, 1);
        Picker picker = BalancingPolicy.prepare(BalanceConfig.P2C, servers, Picker.NONE);
        Servers.begin(servers.server(0), 2);
        servers.server(1).tryBegin();
        for (int i = 0; i < 1000; i++) {
            assertThat(picker.pick(choice)).isSameAs(servers.server(1));
        }
    }

    @Test
    void pick_mostLoadedOfMany_isNever() {
        ServerSet servers = Servers.of(1, 1, 1, 1, 1);
        Picker picker = BalancingPolicy.prepare(BalanceConfig.P2C, servers, Picker.NONE);
        Servers.begin(servers.server(3), 5);
        for (int i = 0; i < 1000; i++) {
            assertThat(picker.pick(choice)).isNotSameAs(servers.server(3));
        }
    }

    @Test
    void pick_loadForItsWeight_isCompared() {
        ServerSet servers = Servers.of(1000, 1);
        Picker picker = BalancingPolicy.prepare(BalanceConfig.P2C, servers, Picker.NONE);
        Servers.begin(servers.server(0), 100);
        Servers.begin(servers.server(1), 1);
        for (int i = 0; i < 1000; i++) {
            assertThat(picker.pick(choice)).isSameAs(servers.server(0));
        }
    }
}
