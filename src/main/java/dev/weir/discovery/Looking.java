package dev.weir.discovery;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A virtual thread that looks at something again and again, sooner when it is woken, until it is closed. */
final class Looking implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Looking.class);
    private static final Duration AFTER_DEFECT = Duration.ofSeconds(10);

    private final Look look;
    private final Semaphore wakes = new Semaphore(0);
    private final Thread thread;

    /** One look. */
    @FunctionalInterface
    interface Look {
        /** Looks, and returns how long to wait for the next look. */
        Duration look() throws InterruptedException;
    }

    Looking(String name, Look look) {
        this.look = look;
        this.thread = Thread.ofVirtual().name(name).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** The next look is made at once. Any thread. */
    void wake() {
        wakes.release();
    }

    private void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                Duration pause = safely();
                if (wakes.tryAcquire(Math.max(0, pause.toNanos()), TimeUnit.NANOSECONDS)) {
                    wakes.drainPermits();
                }
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    private Duration safely() throws InterruptedException {
        try {
            return look.look();
        } catch (RuntimeException defect) {
            LOG.error("{}: failed unexpectedly, goes on in {}", thread.getName(), AFTER_DEFECT, defect);
            return AFTER_DEFECT;
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
