package dev.weir.balance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.BalanceConfig;
import dev.weir.pool.ServerSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class RoundRobinTest {
    private final Choice choice = new Choice(1);

    @Test
    void pick_weights_followsTheSmoothOrder() {
        ServerSet servers = Servers.of(5, 1, 1);
        Picker picker = picker(servers, Picker.NONE);
        assertThat(letters(picker, servers, 14)).isEqualTo("aabacaaaabacaa");
    }

    @Test
    void pick_severalThreads_takesEachTurnOnce() {
        ServerSet servers = Servers.of(2, 1, 1);
        Picker picker = picker(servers, Picker.NONE);
        AtomicIntegerArray counts = new AtomicIntegerArray(3);
        CountDownLatch start = new CountDownLatch(1);
        try (ExecutorService executor = Executors.newFixedThreadPool(4)) {
            for (int thread = 0; thread < 4; thread++) {
                var _ = executor.submit(() -> {
                    Choice own = new Choice(2);
                    start.await();
                    for (int i = 0; i < 1000; i++) {
                        counts.incrementAndGet(Servers.indexOf(Servers.pick(picker, own), servers));
                    }
                    return null;
                });
            }
            start.countDown();
        }
        assertThat(counts).hasToString("[2000, 1000, 1000]");
    }

    @Test
    void pick_furtherAttempt_takesNoTurn() {
        ServerSet servers = Servers.of(1, 1, 1);
        Picker picker = picker(servers, Picker.NONE);
        assertThat(picker.pick(choice)).isSameAs(servers.server(0));
        choice.exclude(servers.server(0));
        assertThat(picker.pick(choice)).isNotNull();
        choice.clear();
        assertThat(letters(picker, servers, 3)).isEqualTo("bca");
    }

    @Test
    void pick_furtherAttempts_areSpreadOverTheOthers() {
        ServerSet servers = Servers.of(1, 1, 1, 1, 1);
        Picker picker = picker(servers, Picker.NONE);
        choice.exclude(servers.server(0));
        assertThat(letters(picker, servers, 100)).contains("b", "c", "d", "e").doesNotContain("a");
    }

    @Test
    void prepare_previousPicker_goesOnWithItsTurn() {
        ServerSet servers = Servers.of(1, 1, 1);
        Picker picker = picker(servers, Picker.NONE);
        assertThat(letters(picker, servers, 2)).isEqualTo("ab");
        assertThat(letters(picker(servers, picker), servers, 2)).isEqualTo("ca");
    }

    private String letters(Picker picker, ServerSet servers, int picks) {
        StringBuilder letters = new StringBuilder();
        for (int i = 0; i < picks; i++) {
            letters.append((char) ('a' + Servers.indexOf(Servers.pick(picker, choice), servers)));
        }
        return letters.toString();
    }

    private static Picker picker(ServerSet servers, Picker previous) {
        return BalancingPolicy.prepare(BalanceConfig.ROUND_ROBIN, servers, previous);
    }
}
