package dev.weir.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LastGoodTest {
    private final LastGood<String> last = new LastGood<>(each -> each);

    private void answers(String... answer) {
        last.accept(List.of(answer), true);
    }

    @Test
    void answer_withMore_isTakenAtOnce() {
        answers("a");
        answers("b", "a");
        assertThat(last.current()).containsExactly("a", "b");
    }

    @Test
    void answer_withFewer_isHeldUntilTheNextSaysTheSame() {
        answers("a", "b", "c");
        assertThat(last.accept(List.of("a"), true)).isTrue();
        assertThat(last.current()).containsExactly("a", "b", "c");
        assertThat(last.accept(List.of("a"), true)).isFalse();
        assertThat(last.current()).containsExactly("a");
    }

    @Test
    void answers_thatDisagree_takeNothingAway() {
        answers("a", "b", "c");
        for (int i = 0; i < 10; i++) {
            answers("a", "b");
            answers("b", "c");
        }
        assertThat(last.current()).containsExactly("a", "b", "c");
    }

    @Test
    void answer_withFewerAndOthers_addsTheOthersAtOnce() {
        answers("a", "b");
        answers("b", "c");
        assertThat(last.current()).containsExactly("a", "b", "c");
        answers("c", "b");
        assertThat(last.current()).containsExactly("b", "c");
    }

    @Test
    void answer_empty_changesNothingHoweverOften() {
        answers("a");
        answers();
        answers();
        answers();
        assertThat(last.current()).containsExactly("a");
    }

    @Test
    void answer_incomplete_onlyAdds() {
        answers("a", "b");
        last.accept(List.of("a", "c"), false);
        last.accept(List.of("a", "c"), false);
        assertThat(last.current()).containsExactly("a", "b", "c");
    }

    @Test
    void answer_wholeInBetween_beginsAnew() {
        answers("a", "b");
        answers("a");
        answers("a", "b");
        answers("a");
        assertThat(last.current()).containsExactly("a", "b");
    }

    /** The rule itself, against a set kept in the plainest way. */
    @Test
    void answers_random_followTheRule() {
        long seed = Long.getLong("seed", 20_261_126);
        Random random = new Random(seed);
        Set<String> believed = new HashSet<>();
        Set<String> before = Set.of();
        for (int i = 0; i < 5000; i++) {
            List<String> answer = new ArrayList<>();
            for (String each : List.of("a", "b", "c")) {
                if (random.nextInt(3) > 0) {
                    answer.add(each);
                }
            }
            last.accept(answer, true);
            Set<String> now = new HashSet<>(answer);
            if (!now.isEmpty() && now.equals(before)) {
                believed.retainAll(now);
            }
            believed.addAll(now);
            before = believed.equals(now) || now.isEmpty() ? Set.of() : now;
            assertThat(last.current()).as("seed %s, step %s", seed, i).containsExactlyInAnyOrderElementsOf(believed);
        }
    }
}
