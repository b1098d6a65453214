package dev.weir.balance;

import dev.weir.pool.Server;
import dev.weir.pool.ServerSet;
import org.jspecify.annotations.Nullable;

/**
 * The power of two choices: of two different servers drawn in proportion to their weights, the one with the lower
 * {@code (inFlight + 1) / weight}, the first on a tie.
 *
 * <p>A first one that is idle is taken without drawing a second, which keeps the shares those of the weights at low load,
 * for the reason given at {@link LeastRequests}.
 */
final class TwoChoices implements Picker {
    /** After so many draws of servers that do not count, any other is taken: they may have nearly all of the weight. */
    private static final int DRAWS = 8;

    private final ServerSet servers;
    private final AliasTable table;

    TwoChoices(ServerSet servers) {
        this.servers = servers;
        this.table = new AliasTable(servers);
    }

    @Override
    public @Nullable Server pick(Choice choice) {
        int first = draw(choice, -1);
        if (first < 0) {
            return null;
        }
        int load = servers.server(first).inFlight();
        if (load == 0) {
            return servers.server(first);
        }
        int second = draw(choice, first);
        if (second < 0) {
            return servers.server(first);
        }
        long firstLoad = (load + 1L) * servers.weight(second);
        long secondLoad = (servers.server(second).inFlight() + 1L) * servers.weight(first);
        return servers.server(secondLoad < firstLoad ? second : first);
    }

    /** The index of a server neither excluded nor at {@code other}, or -1 when there is none. */
    private int draw(Choice choice, int other) {
        for (int i = 0; i < DRAWS; i++) {
            int drawn = table.draw(choice);
            if (drawn != other && !choice.excluded(servers.server(drawn))) {
                return drawn;
            }
        }
        int n = servers.size();
        int start = choice.random(n);
        for (int i = 0; i < n; i++) {
            int index = start + i < n ? start + i : start + i - n;
            if (index != other && !choice.excluded(servers.server(index))) {
                return index;
            }
        }
        return -1;
    }
}
