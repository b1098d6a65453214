package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Weir makes requests to itself. */
class WarmUpIT {
    @Test
    void run_takesAsLongAsItIsTold_andLeavesNothing() throws Exception {
        long began = System.nanoTime();
        WarmUp.run(Duration.ofMillis(500));
        assertThat(System.nanoTime() - began)
                .isGreaterThan(Duration.ofMillis(500).toNanos());
        assertThat(Thread.getAllStackTraces().keySet())
                .filteredOn(Thread::isAlive)
                .extracting(Thread::getName)
                .noneMatch(name -> name.contains("warm-up"));
    }

    @Test
    void run_forNoTime_isNothing() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long used = threads.getCurrentThreadCpuTime();
        WarmUp.run(Duration.ZERO);
        assertThat(threads.getCurrentThreadCpuTime() - used)
                .isLessThan(Duration.ofMillis(200).toNanos());
    }
}
