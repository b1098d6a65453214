package dev.weir.balance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pool.ServerSet;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ChoiceTest {
    @Test
    void random_manyDraws_isUniformBelowItsBound() {
        Choice choice = new Choice(42);
        int[] counts = new int[7];
        for (int i = 0; i < 70_000; i++) {
            counts[choice.random(7)]++;
        }
        assertThat(Arrays.stream(counts)).allMatch(count -> Math.abs(count - 10_000) < 400);
    }

    @Test
    void exclude_moreThanUsual_remembersAllUntilCleared() {
        ServerSet servers = Servers.of(new int[100]);
        Choice choice = new Choice(1);
        for (int i = 0; i < 99; i++) {
            choice.exclude(servers.server(i));
        }
        assertThat(choice.excluded(servers.server(0))).isTrue();
        assertThat(choice.excluded(servers.server(98))).isTrue();
        assertThat(choice.excluded(servers.server(99))).isFalse();
        choice.clear();
        assertThat(choice.isFirst()).isTrue();
        assertThat(choice.excluded(servers.server(0))).isFalse();
    }
}
