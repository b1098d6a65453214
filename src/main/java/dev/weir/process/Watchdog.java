package dev.weir.process;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the service manager that Weir is alive, as often as it wants to hear that, as long as every loop has taken a turn
 * since: one that hangs is to be noticed. A virtual thread of the control plane.
 */
public final class Watchdog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);

    private final SystemdNotify manager;
    private final List<? extends Executor> loops;
    private final long everyNanos;
    /** Loops that have not turned since the last look. */
    private final AtomicInteger waiting = new AtomicInteger();

    private final Thread thread = Thread.ofVirtual().name("weir-watchdog").unstarted(this::keepTelling);

    private Watchdog(SystemdNotify manager, List<? extends Executor> loops, long everyNanos) {
        this.manager = manager;
        this.loops = List.copyOf(loops);
        this.everyNanos = everyNanos;
    }

    /** Begins, if {@code WATCHDOG_USEC} says that somebody listens. */
    public static Watchdog start(
            SystemdNotify manager, Map<String, String> environment, List<? extends Executor> loops) {
        long micros;
        try {
            micros = Long.parseLong(environment.getOrDefault("WATCHDOG_USEC", "0"));
        } catch (NumberFormatException no) {
            LOG.warn("WATCHDOG_USEC is no number: {}", environment.get("WATCHDOG_USEC"));
            micros = 0;
        }
        // A third of the time: one look that is late is no reason to be ended.
        Watchdog watchdog = new Watchdog(manager, loops, TimeUnit.MICROSECONDS.toNanos(micros) / 3);
        if (micros > 0 && meant(environment.get("WATCHDOG_PID"))) {
            watchdog.thread.start();
        }
        return watchdog;
    }

    private static boolean meant(@Nullable String pid) {
        return pid == null || pid.equals(Long.toString(ProcessHandle.current().pid()));
    }

    private void keepTelling() {
        try {
            while (true) {
                if (waiting.get() == 0) {
                    manager.watchdog();
                    waiting.set(loops.size());
                    loops.forEach(loop -> loop.execute(waiting::decrementAndGet));
                }
                TimeUnit.NANOSECONDS.sleep(everyNanos);
            }
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        } catch (RejectedExecutionException stopped) {
            LOG.debug("the loops have ended", stopped);
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
