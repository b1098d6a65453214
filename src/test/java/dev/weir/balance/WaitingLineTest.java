package dev.weir.balance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WaitingLineTest {
    private final WaitingLine line = new WaitingLine();
    private final List<String> woken = new ArrayList<>();

    private WaitingLine.Waiter waiter(String name) {
        return () -> woken.add(name);
    }

    @Test
    void wake_nobodyWaits_doesNothing() {
        line.wake();
        assertThat(line.length()).isZero();
    }

    @Test
    void wake_severalWait_isInTheirOrder() {
        line.join(waiter("a"), 10, 0);
        line.join(waiter("b"), 10, 0);
        line.wake();
        line.wake();
        line.wake();
        assertThat(woken).containsExactly("a", "b");
    }

    @Test
    void join_full_isRefused() {
        assertThat(line.join(waiter("a"), 1, 0)).isTrue();
        assertThat(line.join(waiter("b"), 1, 0)).isFalse();
        assertThat(line.join(waiter("c"), 0, 0)).isFalse();
    }

    @Test
    void rejoin_afterWake_isFirstAgain() {
        WaitingLine.Waiter a = waiter("a");
        line.join(a, 10, 0);
        line.join(waiter("b"), 10, 0);
        line.wake();
        line.rejoin(a, 1);
        line.wake();
        line.wake();
        assertThat(woken).containsExactly("a", "a", "b");
    }

    @Test
    void leave_wokenOrNot_tellsWhich() {
        WaitingLine.Waiter a = waiter("a");
        WaitingLine.Waiter b = waiter("b");
        line.join(a, 10, 0);
        line.join(b, 10, 0);
        line.wake();
        assertThat(line.leave(a)).isFalse();
        assertThat(line.leave(b)).isTrue();
        assertThat(line.length()).isZero();
    }

    @Test
    void occupied_sinceItWasLastEmpty() {
        assertThat(line.occupied(5)).isZero();
        line.join(waiter("a"), 10, 10);
        line.join(waiter("b"), 10, 20);
        line.wake();
        assertThat(line.occupied(30)).isEqualTo(20);
        line.wake();
        assertThat(line.occupied(40)).isZero();
    }

    @Test
    void wake_manyThreads_wakesEachOnce() throws Exception {
        int waiters = 20_000;
        AtomicInteger calls = new AtomicInteger();
        CountDownLatch start = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<?>> done = new ArrayList<>();
            for (int thread = 0; thread < 2; thread++) {
                done.add(threads.submit(() -> {
                    start.await();
                    for (int i = 0; i < waiters / 2; i++) {
                        line.join(calls::incrementAndGet, waiters, 0);
                    }
                    return null;
                }));
                done.add(threads.submit(() -> {
                    start.await();
                    while (calls.get() < waiters / 2) {
                        line.wake();
                    }
                    return null;
                }));
            }
            start.countDown();
            for (Future<?> each : done) {
                each.get();
            }
        }
        while (line.length() > 0) {
            line.wake();
        }
        assertThat(calls).hasValue(waiters);
    }
}
