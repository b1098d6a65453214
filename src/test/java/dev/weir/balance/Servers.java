package dev.weir.balance;

import dev.weir.config.Address;
import dev.weir.pool.Server;
import dev.weir.pool.ServerRegistry;
import dev.weir.pool.ServerSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Sets of servers for the tests of this package. */
final class Servers {
    private Servers() {}

    static ServerSet of(int... weights) {
        ServerRegistry registry = new ServerRegistry();
        List<Server> servers = new ArrayList<>();
        for (int i = 0; i < weights.length; i++) {
            servers.add(registry.acquire("web", new Address.Inet("10.0.0.1", 1 + i)));
        }
        return ServerSet.of(servers, weights);
    }

    static int indexOf(Server server, ServerSet servers) {
        int index = 0;
        while (servers.server(index) != server) {
            index++;
        }
        return index;
    }

    /** Picks where there must be a server. */
    static Server pick(Picker picker, Choice choice) {
        return Objects.requireNonNull(picker.pick(choice));
    }

    static void begin(Server server, int requests) {
        for (int i = 0; i < requests; i++) {
            server.tryBegin();
        }
    }
}
