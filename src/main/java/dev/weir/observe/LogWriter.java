package dev.weir.observe;

import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jctools.queues.atomic.MpscAtomicArrayQueue;
import org.jctools.queues.atomic.SpmcAtomicArrayQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The thread that writes the access log: takes full batches from all event loops and gives them back empty. */
final class LogWriter {
    /** Batches that may wait for the writer, times the number of loops: 1 MiB each. */
    static final int QUEUE_PER_LOOP = 32;

    private static final Logger log = LoggerFactory.getLogger(LogWriter.class);
    private static final Duration CLOSING = Duration.ofSeconds(5);
    private static final long COMPLAINTS_APART = TimeUnit.MINUTES.toNanos(1);

    // Under load the writer looks for batches this often by itself: to wake it for each would cost the loops more than
    // they spend on a dozen lines. A loop at full speed fills its share of the queue in several times as long.
    private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(10);
    private static final int PAUSES_UNTIL_ASLEEP = 100;

    private final Queue<LogBatch> full;
    private final Queue<LogBatch> empty;
    private final LogOutput output;
    private final Thread thread =
            Thread.ofPlatform().name("weir-access-log").daemon().unstarted(this::run);

    // Written by any thread, taken back by the writer.
    private volatile boolean reopen;
    // Written once by close(), with the batches that the loops left behind.
    private volatile @Nullable List<LogBatch> leftovers;
    // Written by the writer: it waits to be woken.
    private volatile boolean asleep;

    /** Lines lost because writing failed; counted by the writer. */
    final Counter lost = new Counter();

    // The rest is the writer's own.
    private boolean torn;
    private boolean complained;
    private long complainedNanos;

    LogWriter(LogOutput output, int loops) {
        this.output = output;
        full = new MpscAtomicArrayQueue<>(QUEUE_PER_LOOP * loops);
        empty = new SpmcAtomicArrayQueue<>(QUEUE_PER_LOOP * loops);
    }

    void start() {
        thread.start();
    }

    /** Queues a batch unless the queue is full. Any event loop; never blocks. */
    boolean offer(LogBatch batch) {
        if (!full.offer(batch)) {
            return false;
        }
        // Either the writer's last look at the queue finds the batch, or it is seen asleep here.
        VarHandle.fullFence();
        if (asleep) {
            LockSupport.unpark(thread);
        }
        return true;
    }

    /** An empty batch, used before or new. Any event loop. */
    LogBatch take() {
        @Nullable LogBatch batch = empty.poll();
        return batch == null ? new LogBatch() : batch;
    }

    void reopen() {
        reopen = true;
        LockSupport.unpark(thread);
    }

    /** Writes what is queued, then {@code last}, and waits for the end, though not for ever: a disk may hang. */
    void close(List<LogBatch> last) {
        leftovers = last;
        LockSupport.unpark(thread);
        try {
            if (!thread.join(CLOSING)) {
                log.warn("The access log is incomplete: its output did not take the last lines in {}", CLOSING);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        int pauses = 0;
        while (true) {
            // Read before the queue: nothing is queued any more once it is set.
            @Nullable List<LogBatch> last = leftovers;
            pauses = drain() ? 0 : pauses + 1;
            if (last != null) {
                last.forEach(this::write);
                end();
                return;
            }
            if (pauses < PAUSES_UNTIL_ASLEEP) {
                LockSupport.parkNanos(this, PAUSE);
            } else {
                sleep();
            }
        }
    }

    private void sleep() {
        asleep = true;
        // Asked again: what blocks inside the output may have used up the permit of an unpark() meant for here.
        if (full.isEmpty() && !reopen && leftovers == null) {
            LockSupport.park(this);
        }
        asleep = false;
    }

    private boolean drain() {
        openAnew();
        boolean any = false;
        for (LogBatch batch = full.poll(); batch != null; batch = full.poll()) {
            any = true;
            write(batch);
            batch.clear();
            // No room means more batches than the queue holds: this one is given up.
            empty.offer(batch);
            openAnew();
        }
        return any;
    }

    private void openAnew() {
        if (!reopen) {
            return;
        }
        reopen = false;
        try {
            output.reopen();
            torn = false;
        } catch (IOException e) {
            log.warn("The access log goes on into the old file: {}", e.getMessage());
        }
    }

    private void write(LogBatch batch) {
        ByteBuffer lines = batch.content();
        try {
            if (torn) {
                output.write(ByteBuffer.wrap(new byte[] {'\n'}));
                torn = false;
            }
            output.write(lines);
        } catch (IOException e) {
            failed(lines, e);
        }
    }

    private void failed(ByteBuffer lines, IOException cause) {
        if (lines.position() > 0) {
            // The next line must not continue the one that was cut.
            torn = lines.get(lines.position() - 1) != '\n';
        }
        while (lines.hasRemaining()) {
            lost.add(lines.get() == '\n' ? 1 : 0);
        }
        long now = System.nanoTime();
        if (!complained || now - complainedNanos >= COMPLAINTS_APART) {
            complained = true;
            complainedNanos = now;
            log.warn("The access log cannot be written ({}); {} lines are lost so far", cause.getMessage(), lost.get());
        }
    }

    private void end() {
        try {
            output.close();
        } catch (IOException e) {
            log.warn("The access log was not closed properly: {}", e.getMessage());
        }
    }
}
