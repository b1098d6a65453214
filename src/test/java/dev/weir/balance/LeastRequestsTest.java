package dev.weir.balance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.BalanceConfig;
import dev.weir.pool.Server;
import dev.weir.pool.ServerSet;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class LeastRequestsTest {
    private final Choice choice = new Choice(1);

    @Test
    void pick_oneIdleAmongBusy_findsIt() {
        ServerSet servers = Servers.of(1, 1, 1, 1);
        Picker picker = picker(servers);
        servers.server(0).tryBegin();
        servers.server(1).tryBegin();
        servers.server(3).tryBegin();
        for (int i = 0; i < 8; i++) {
            assertThat(picker.pick(choice)).isSameAs(servers.server(2));
        }
    }

    @Test
    void pick_allBusy_findsTheLeastForItsWeight() {
        ServerSet servers = Servers.of(4, 2, 1);
        Picker picker = picker(servers);
        Servers.begin(servers.server(0), 4);
        Servers.begin(servers.server(1), 1);
        Servers.begin(servers.server(2), 1);
        for (int i = 0; i < 14; i++) {
            assertThat(picker.pick(choice)).isSameAs(servers.server(1));
        }
    }

    @Test
    void pick_allEquallyBusy_herdsOnNone() {
        ServerSet servers = Servers.of(1, 1, 1);
        Picker picker = picker(servers);
        Set<Server> picked = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            servers.server(i).tryBegin();
        }
        for (int i = 0; i < 30; i++) {
            picked.add(picker.pick(choice));
        }
        assertThat(picked).hasSize(3);
    }

    @Test
    void pick_idleByTurn_sharesExactlyByWeight() {
        ServerSet servers = Servers.of(3, 1);
        Picker picker = picker(servers);
        int[] counts = new int[2];
        for (int i = 0; i < 40; i++) {
            counts[picker.pick(choice) == servers.server(0) ? 0 : 1]++;
        }
        assertThat(counts).containsExactly(30, 10);
    }

    @Test
    void pick_busyTurn_isNeverBeatenByAnother() {
        RandomGenerator random = new SplittableRandom(7);
        for (int round = 0; round < 500; round++) {
            ServerSet servers =
                    Servers.of(random.ints(random.nextInt(1, 20), 1, 5).toArray());
            for (int i = 0; i < servers.size(); i++) {
                Servers.begin(servers.server(i), random.nextInt(1, 6));
            }
            Server picked = Servers.pick(picker(servers), choice);
            assertThat(load(picked, servers)).isEqualTo(lowestLoad(servers));
        }
    }

    private static double lowestLoad(ServerSet servers) {
        double lowest = Double.MAX_VALUE;
        for (int i = 0; i < servers.size(); i++) {
            lowest = Math.min(lowest, load(servers.server(i), servers));
        }
        return lowest;
    }

    private static double load(Server server, ServerSet servers) {
        return (server.inFlight() + 1.0) / servers.weight(Servers.indexOf(server, servers));
    }

    private static Picker picker(ServerSet servers) {
        return BalancingPolicy.prepare(BalanceConfig.LEAST_REQUESTS, servers, Picker.NONE);
    }
}
