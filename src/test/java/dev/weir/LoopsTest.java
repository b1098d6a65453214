package dev.weir;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.loop.Transport;
import dev.weir.observe.Meters;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LoopsTest {
    private static final int LOOPS = 2;

    private final Loops loops = new Loops(new Meters(LOOPS), Transport.best(), () -> Snapshot.NONE);

    @Test
    void onEach_returnsWhenItWasDoneOnEachLoop() {
        Set<Integer> done = ConcurrentHashMap.newKeySet();
        loops.onEach(loop -> done.add(loop.worker().loop().index()));
        assertThat(done).hasSize(LOOPS);
        loops.end();
    }

    @Test
    void each_isDoneSoon() {
        AtomicInteger done = new AtomicInteger();
        loops.each(_ -> done.incrementAndGet());
        await().until(() -> done.get() == LOOPS);
        loops.end();
    }

    @Test
    void ended_takesNothingMore_andKeepsNobodyWaiting() throws Exception {
        loops.end();
        AtomicInteger done = new AtomicInteger();
        CompletableFuture.runAsync(() -> {
                    loops.each(_ -> done.incrementAndGet());
                    loops.onEach(_ -> done.incrementAndGet());
                    loops.end();
                })
                .get(10, SECONDS);
        assertThat(done).hasValue(0);
    }
}
