package dev.weir.balance;

import dev.weir.pool.ServerSet;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Whose turn it is: {@link SmoothTurns} computed beforehand, and one counter of all event loops walking over them. So the
 * order is exact over all loops, and a turn costs one atomic addition. Thread-safe.
 */
final class Rotation {
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
     * The place in the period of a request's attempt. The first attempt takes the next turn. A further one takes none, or
     * a dead server would shift the order, at worst so that each request meets it first; it gets a place at random, so
     * that those who failed at one server do not all go on to its neighbour.
     */
    int place(Choice choice) {
        return choice.isFirst() ? (int) (counter.getAndIncrement() % turns.length) : choice.random(turns.length);
    }

    /** The index of the server at a place. */
    int at(int place) {
        return turns[place];
    }

    /** The place after this one. */
    int after(int place) {
        return place + 1 == turns.length ? 0 : place + 1;
    }
}
