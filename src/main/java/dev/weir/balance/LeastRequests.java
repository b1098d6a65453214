package dev.weir.balance;

import dev.weir.pool.Server;
import dev.weir.pool.ServerSet;
import org.jspecify.annotations.Nullable;

/**
 * The server with the fewest requests in flight for its weight: the lowest {@code (inFlight + 1) / weight}, the load that
 * it would have with this request.
 *
 * <p>That rule alone would send everything to the heaviest servers while there is little to do, since one request on an
 * idle server of weight 1 weighs more than one on an idle server of weight 3. So servers take smooth weighted turns
 * ({@link Rotation}), and one that is idle when its turn comes is taken: at low load the shares are those of the weights,
 * and of equal servers none comes first. Only when it is busy are the others looked at, from a random one on (which
 * breaks ties), until one is found that cannot be beaten: idle, with the greatest weight. Only if none is are all compared.
 *
 * <p>Loops that pick at the same moment do not see each other's request yet; as each has its own turn or place to look
 * from, they seldom choose the same server.
 */
final class LeastRequests implements Picker {
    private final Rotation rotation;

    private LeastRequests(Rotation rotation) {
        this.rotation = rotation;
    }

    static LeastRequests over(ServerSet servers, Picker previous) {
        return new LeastRequests(
                previous instanceof LeastRequests before ? before.rotation.with(servers) : Rotation.of(servers));
    }

    @Override
    public @Nullable Server pick(Choice choice) {
        Server server = rotation.servers.server(rotation.turn(choice));
        if (server.inFlight() == 0 && !choice.excluded(server)) {
            return server;
        }
        return least(rotation.servers, choice);
    }

    private static @Nullable Server least(ServerSet servers, Choice choice) {
        int n = servers.size();
        Server least = null;
        long leastLoad = Long.MAX_VALUE;
        int leastWeight = 1;
        for (int step = 0, i = choice.random(n); step < n; step++, i = i + 1 == n ? 0 : i + 1) {
            Server server = servers.server(i);
            int weight = servers.weight(i);
            long load = server.inFlight() + 1L;
            // load / weight < leastLoad / leastWeight; both products fit, being of numbers below 2^31
            if ((least != null && load * leastWeight >= leastLoad * weight) || choice.excluded(server)) {
                continue;
            }
            if (load == 1 && weight == servers.maxWeight()) {
                return server;
            }
            least = server;
            leastLoad = load;
            leastWeight = weight;
        }
        return least;
    }
}
