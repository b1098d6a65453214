package dev.weir.loop;

import io.netty.channel.EventLoop;

/** One event loop and what belongs to it alone. Everything here but {@link #index} and {@link #executor} is confined to it. */
public final class Loop {
    private final int index;
    private final EventLoop executor;
    private final Transport transport;
    private final Timers timers;
    private final ReadBuffers reads;

    /** {@code readBytes}: the size of one read in bytes. */
    public Loop(int index, EventLoop executor, Transport transport, int readBytes) {
        this.index = index;
        this.executor = executor;
        this.transport = transport;
        this.timers = new Timers(System::nanoTime, executor::schedule);
        this.reads = new ReadBuffers(readBytes);
    }

    /** 0 for the first loop of the process, and so on. */
    public int index() {
        return index;
    }

    public EventLoop executor() {
        return executor;
    }

    public Transport transport() {
        return transport;
    }

    public Timers timers() {
        return timers;
    }

    public ReadBuffers reads() {
        return reads;
    }

    /** The time in nanoseconds from some origin, for durations and deadlines. */
    public long now() {
        return System.nanoTime();
    }

    /** For assertions at the entries of what is confined to this loop. */
    public boolean isCurrent() {
        return executor.inEventLoop();
    }
}
