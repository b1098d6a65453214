package dev.weir.balance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SmoothTurnsTest {
    @ParameterizedTest
    @CsvSource({
        "1, a",
        "7, a",
        "1 1, ab",
        "3 3 3, abc",
        "5 1 1, aabacaa",
        "4 2, aba",
        "1 2, bab",
        "3 1, aaba",
        "1 1 2, cabc"
    })
    void of_weights_spreadsTheTurns(String weights, String turns) {
        StringBuilder letters = new StringBuilder();
        for (int index : SmoothTurns.of(Servers.of(
                Arrays.stream(weights.split(" ")).mapToInt(Integer::parseInt).toArray()))) {
            letters.append((char) ('a' + index));
        }
        assertThat(letters).hasToString(turns);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void of_randomWeights_isWhatComparingAllServersGives(long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        for (int round = 0; round < 20; round++) {
            int[] weights =
                    random.ints(random.nextInt(1, 12), 1, random.nextInt(2, 30)).toArray();
            int[] turns = SmoothTurns.of(Servers.of(weights));
            assertThat(turns).as(Arrays.toString(weights)).isEqualTo(onePeriod(weights, turns.length));
        }
    }

    @Test
    void of_hugeWeights_isBoundedAndKeepsTheShares() {
        int[] weights = {1_000_000_007, 999_999_937, 500_000_003, 1};
        int[] turns = SmoothTurns.of(Servers.of(weights));
        assertThat(turns.length).isLessThanOrEqualTo(SmoothTurns.LONGEST + weights.length);
        double total = Arrays.stream(weights).asLongStream().sum();
        for (int i = 0; i < weights.length; i++) {
            int index = i;
            double share =
                    (double) Arrays.stream(turns).filter(turn -> turn == index).count() / turns.length;
            assertThat(Math.abs(share - weights[i] / total)).isLessThan(2.0 / SmoothTurns.LONGEST);
        }
    }

    /** The same by the definition: every server earns its weight each turn, the richest pays for all. */
    private static int[] onePeriod(int[] weights, int length) {
        int total = Arrays.stream(weights).sum();
        int[] earned = new int[weights.length];
        int[] turns = new int[length];
        for (int turn = 0; turn < length; turn++) {
            int richest = 0;
            for (int i = 0; i < weights.length; i++) {
                earned[i] += weights[i];
                richest = earned[i] > earned[richest] ? i : richest;
            }
            earned[richest] -= total;
            turns[turn] = richest;
        }
        return turns;
    }
}
