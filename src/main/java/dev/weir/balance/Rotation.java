package dev.weir.balance;

import dev.weir.pool.ServerSet;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Whose turn it is: {@link SmoothTurns} computed beforehand, and one counter of all event loops walking over them. So the
 * order is exact over all loops, and a turn costs one atomic addition. Thread-safe.
 */
final class Rotation {
    /** How many turns are drawn for a server not excluded; those excluded may have nearly all of them. */
    private static final int DRAWS = 8;

    /** The servers taking turns; all have a weight above 0. */
    final ServerSet servers;

    private final int[] turns;
    private final AtomicLong counter;

    private Rotation(ServerSet servers, AtomicLong counter) {
        this.servers = servers;
        this.turns = SmoothTurns.of(servers);
        this.counter = counter;
    }

    static Rotation of(ServerSet servers) {
        return new Rotation(servers, new AtomicLong());
    }

    /** Other servers taking turns, counted on from here: a pool that often changes must not often start with its first. */
    Rotation with(ServerSet servers) {
        return new Rotation(servers, counter);
    }

    /**
     * The index of the server whose turn it is. The first attempt of a request takes the next turn. A further one takes
     * none, or a dead server would shift the order, at worst so that each request meets it first; it gets a turn drawn at
     * random, so that those who failed at one server do not all go on to its neighbour. In spite of a few draws that may
     * be an excluded server.
     */
    int turn(Choice choice) {
        if (choice.isFirst()) {
            return turns[(int) (counter.getAndIncrement() % turns.length)];
        }
        int index = turns[choice.random(turns.length)];
        for (int i = 1; i < DRAWS && choice.excluded(servers.server(index)); i++) {
            index = turns[choice.random(turns.length)];
        }
        return index;
    }
}
