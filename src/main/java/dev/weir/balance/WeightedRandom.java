package dev.weir.balance;

import dev.weir.pool.Server;
import dev.weir.pool.ServerSet;
import org.jspecify.annotations.Nullable;

/** A server at random, in proportion to its weight. */
final class WeightedRandom implements Picker {
    /** After so many draws of excluded servers, any other is taken: they may have nearly all of the weight. */
    private static final int DRAWS = 8;

    private final ServerSet servers;
    private final AliasTable table;

    WeightedRandom(ServerSet servers) {
        this.servers = servers;
        this.table = new AliasTable(servers);
    }

    @Override
    public @Nullable Server pick(Choice choice) {
        for (int i = 0; i < DRAWS; i++) {
            Server server = servers.server(table.draw(choice));
            if (!choice.excluded(server)) {
                return server;
            }
        }
        return choice.anyOf(servers);
    }
}
