package dev.weir.balance;

import dev.weir.pool.ServerSet;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One period of smooth weighted turns: each server has as many turns as its weight says, spread as evenly as can be. At
 * each turn every server earns its weight; the one that has earned most (the first of several) takes the turn and pays
 * what all together earned. Weights 5, 1, 1 give {@code a a b a c a a}.
 *
 * <p>A period has as many turns as the weights add up to after division by their greatest common divisor, but hardly more
 * than {@value #LONGEST}: greater weights are scaled down to that sum and rounded, to one turn at least, so that a
 * server's share of all requests is off by no more than about one in {@value #LONGEST}.
 */
final class SmoothTurns {
    static final int LONGEST = 1 << 16;

    /**
     * Servers of the same weight. They earn alike, so among them it is always the turn of the next in order, and a turn
     * compares one earning for each weight, not for each server.
     */
    private static final class Rank {
        final int weight;
        final int[] members;
        int next;
        long paid;

        Rank(int weight, int[] members) {
            this.weight = weight;
            this.members = members;
        }

        long earned(int turn) {
            return (long) weight * turn - paid;
        }

        int take(int price) {
            int taken = members[next];
            if (++next == members.length) {
                next = 0;
                paid += price;
            }
            return taken;
        }
    }

    private SmoothTurns() {}

    /** The indexes of the servers in the order of their turns. There is at least one server and none has weight 0. */
    static int[] of(ServerSet servers) {
        int[] weights =
                bounded(IntStream.range(0, servers.size()).map(servers::weight).toArray());
        List<Rank> ranks = Arrays.stream(weights)
                .distinct()
                .mapToObj(weight -> new Rank(weight, indexesOf(weight, weights)))
                .toList();
        int total = Arrays.stream(weights).sum();
        int[] turns = new int[total];
        for (int i = 0; i < total; i++) {
            turns[i] = next(ranks, i + 1).take(total);
        }
        return turns;
    }

    private static Rank next(List<Rank> ranks, int turn) {
        Rank best = ranks.getFirst();
        for (Rank rank : ranks) {
            long lead = rank.earned(turn) - best.earned(turn);
            if (lead > 0 || (lead == 0 && rank.members[rank.next] < best.members[best.next])) {
                best = rank;
            }
        }
        return best;
    }

    private static int[] indexesOf(int weight, int[] weights) {
        return IntStream.range(0, weights.length)
                .filter(i -> weights[i] == weight)
                .toArray();
    }

    private static int[] bounded(int[] weights) {
        int[] reduced = reduced(weights);
        long total = Arrays.stream(reduced).asLongStream().sum();
        if (total <= LONGEST) {
            return reduced;
        }
        double scale = (double) LONGEST / total;
        return reduced(Arrays.stream(reduced)
                .map(weight -> Math.max(1, (int) Math.round(weight * scale)))
                .toArray());
    }

    private static int[] reduced(int[] weights) {
        int divisor = Arrays.stream(weights).reduce(0, SmoothTurns::gcd);
        return Arrays.stream(weights).map(weight -> weight / divisor).toArray();
    }

    private static int gcd(int a, int b) {
        return b == 0 ? a : gcd(b, a % b);
    }
}
