package dev.weir.balance;

import dev.weir.pool.ServerSet;
import java.util.stream.IntStream;

/**
 * Draws an index with a probability in proportion to its weight, in constant time (Walker's alias method as built by
 * Vose): a column is drawn uniformly, and in it either its own index, up to a threshold, or one other. Immutable.
 */
final class AliasTable {
    /** For each column, how much of it is its own, of 2<sup>32</sup>. */
    private final long[] threshold;

    private final int[] alias;

    /** Of at least one server, none of weight 0. */
    AliasTable(ServerSet servers) {
        int n = servers.size();
        threshold = new long[n];
        alias = new int[n];
        long total = IntStream.range(0, n).mapToLong(servers::weight).sum();
        double[] share = IntStream.range(0, n)
                .mapToDouble(i -> (double) servers.weight(i) * n / total)
                .toArray();
        int[] poor = IntStream.range(0, n).filter(i -> share[i] < 1).toArray();
        int[] rich = IntStream.range(0, n).filter(i -> share[i] >= 1).toArray();
        fill(share, poor, rich);
    }

    /** Each poor column is filled up from a rich one, which may become poor by it. What is left over is full. */
    private void fill(double[] share, int[] poor, int[] rich) {
        int[] stack = new int[share.length];
        System.arraycopy(poor, 0, stack, 0, poor.length);
        int stacked = poor.length;
        int giver = 0;
        while (stacked > 0 && giver < rich.length) {
            int column = stack[--stacked];
            int from = rich[giver];
            threshold[column] = (long) (share[column] * (1L << 32));
            alias[column] = from;
            share[from] -= 1 - share[column];
            if (share[from] < 1) {
                stack[stacked++] = from;
                giver++;
            }
        }
        while (stacked > 0) {
            threshold[stack[--stacked]] = 1L << 32;
        }
        while (giver < rich.length) {
            threshold[rich[giver++]] = 1L << 32;
        }
    }

    /** One draw: the high half of the product is the column, the low half the place in it. */
    int draw(Choice choice) {
        long product = choice.randomBits() * threshold.length;
        int column = (int) (product >>> 32);
        return (product & 0xFFFFFFFFL) < threshold[column] ? column : alias[column];
    }
}
