package dev.weir.balance;

import dev.weir.pool.ServerSet;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Draws an index with a probability in proportion to its weight, in constant time (Walker's alias method as built by
 * Vose): a column is drawn uniformly, and in it either its own index, up to a threshold, or one other. Immutable.
 */
final class AliasTable {
    private static final long WHOLE = 1L << 32;

    /** For each column, how much of {@link #WHOLE} is its own. */
    private final long[] own;

    private final int[] alias;

    /** Of at least one server, none of weight 0. */
    AliasTable(ServerSet servers) {
        int n = servers.size();
        own = new long[n];
        alias = new int[n];
        double total = IntStream.range(0, n).mapToLong(servers::weight).sum();
        fill(IntStream.range(0, n)
                .mapToDouble(i -> servers.weight(i) * n / total)
                .toArray());
    }

    /** Fills each poor column up from a rich one, which may become poor by it; those left over at the end are full. */
    private void fill(double[] share) {
        int n = share.length;
        int[] columns = new int[n];
        int poor = 0;
        int rich = n;
        for (int i = 0; i < n; i++) {
            columns[share[i] < 1 ? poor++ : --rich] = i;
        }
        Arrays.fill(own, WHOLE);
        while (poor > 0 && rich < n) {
            int column = columns[--poor];
            int giver = columns[rich];
            own[column] = (long) (share[column] * WHOLE);
            alias[column] = giver;
            share[giver] -= 1 - share[column];
            if (share[giver] < 1) {
                columns[poor++] = giver;
                rich++;
            }
        }
    }

    /** One draw: the high half of the product is the column, the low half the place in it. */
    int draw(Choice choice) {
        long product = choice.randomBits() * own.length;
        int column = (int) (product >>> 32);
        return (product & 0xFFFFFFFFL) < own[column] ? column : alias[column];
    }
}
