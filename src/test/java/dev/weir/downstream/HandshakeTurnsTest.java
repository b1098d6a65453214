package dev.weir.downstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HandshakeTurnsTest {
    private final Queue<Runnable> loop = new ArrayDeque<>();
    private final HandshakeTurns turns = new HandshakeTurns(loop::add);
    private final List<Integer> begun = new ArrayList<>();

    private void arrive(int number) {
        if (turns.take()) {
            begun.add(number);
        } else {
            turns.await(() -> begun.add(number));
        }
    }

    @Test
    void flood_beginsAFewInEachTurnInOrder() {
        IntStream.range(0, 11).forEach(this::arrive);
        assertThat(begun).containsExactly(0, 1, 2, 3);
        loop.remove().run();
        arrive(11);
        assertThat(begun).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
        loop.remove().run();
        assertThat(begun).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
        loop.remove().run();
        assertThat(loop).as("no turn is asked for while nobody waits").isEmpty();
        arrive(12);
        assertThat(begun).endsWith(12);
    }

    @Test
    void fewHandshakes_beginAtOnce() {
        for (int turn = 0; turn < 5; turn++) {
            IntStream.range(0, HandshakeTurns.AT_ONCE).forEach(this::arrive);
            assertThat(begun).hasSize(HandshakeTurns.AT_ONCE * (turn + 1));
            loop.remove().run();
        }
    }
}
