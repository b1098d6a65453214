package dev.weir.loop;

/**
 * Flushes once for all that is written in one turn of the loop, at its end. Confined to its loop.
 */
public final class LateFlush {
    private final Loop loop;
    private final Runnable flush;
    private final Runnable task = this::run;
    private boolean due;

    public LateFlush(Loop loop, Runnable flush) {
        this.loop = loop;
        this.flush = flush;
    }

    /** Something was written. */
    public void soon() {
        if (!due) {
            due = true;
            loop.executor().execute(task);
        }
    }

    /** What was written is flushed by another now. */
    public void done() {
        due = false;
    }

    private void run() {
        if (due) {
            due = false;
            flush.run();
        }
    }
}
