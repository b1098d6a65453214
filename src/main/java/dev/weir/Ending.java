package dev.weir;

import dev.weir.process.Drain;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far one Weir has come with its end, which happens once and after which nothing changes, and how long what is under
 * way may go on. Any thread.
 */
final class Ending {
    private static final Logger LOG = LoggerFactory.getLogger(Ending.class);

    /** How long an end waits for the change that is under way, which may hang, perhaps at a file. */
    private static final Duration LONGEST_CHANGE = Duration.ofSeconds(10);

    /** Held by who makes a change. */
    private final ReentrantLock changing = new ReentrantLock();

    private final AtomicBoolean begun = new AtomicBoolean();
    private final CountDownLatch over = new CountDownLatch(1);
    private final Drain drain;
    private volatile Consumer<String> listener = text -> {};

    Ending(Drain.Traffic traffic) {
        this.drain = new Drain(traffic, left -> {
            LOG.warn("stopping: there are still {}", left);
            tell("stopping: there are still " + left);
        });
    }

    /** Whether it begins with this call. */
    boolean begin() {
        return begun.compareAndSet(false, true);
    }

    boolean hasBegun() {
        return begun.get();
    }

    /** A change of what runs. */
    interface Change {
        void make() throws IOException;
    }

    /**
     * Makes a change, one at a time.
     *
     * @throws IOException with a sentence for the user; also when none is made any more
     */
    void unlessBegun(Change change) throws IOException {
        changing.lock();
        try {
            if (hasBegun()) {
                throw new IOException("Weir is stopping");
            }
            change.make();
        } finally {
            changing.unlock();
        }
    }

    /**
     * To be called once it has begun: the change that is under way holds first. Made half it would leave listeners that
     * nobody closes.
     */
    void awaitChange() {
        try {
            if (changing.tryLock(LONGEST_CHANGE.toSeconds(), TimeUnit.SECONDS)) {
                changing.unlock();
            } else {
                LOG.warn("stopping: a change of the configuration is still under way and may hold in part");
            }
        } catch (InterruptedException nobodyDoes) {
            Thread.currentThread().interrupt();
        }
    }

    Drain drain() {
        return drain;
    }

    /** From now on {@code next} hears how it goes on, as a clause; on a thread that may block. */
    void listen(Consumer<String> next) {
        listener = next;
    }

    void tell(String clause) {
        listener.accept(clause);
    }

    /** Nothing is left. */
    void over() {
        over.countDown();
    }

    /** Waits until nothing is left, or the thread is interrupted. */
    void await() {
        try {
            over.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
