package dev.weir.loop;

import io.netty.channel.EventLoop;

/** One event loop and what belongs to it alone. Everything here but {@link #index} and {@link #executor} is confined to it. */
public final class Loop {
    /** What goes out in one piece is gathered in so many bytes. */
    private static final int WRITE_BYTES = 8 << 10;

    /**
     * Connections with TLS are read in pieces of so many bytes: the longest record fits in, and one that is incomplete
     * is kept in the buffer it came in.
     */
    private static final int TLS_READ_BYTES = 32 << 10;

    private final int index;
    private final EventLoop executor;
    private final Transport transport;
    private final Timers timers;
    private final ReadBuffers reads;
    private final ReadBuffers tlsReads = new ReadBuffers(TLS_READ_BYTES);
    private final SharedBuffer writes = new SharedBuffer(WRITE_BYTES);
    private final SendRoom sendRoom = new SendRoom();
    private boolean inEvent;
    private long eventTime;

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

    /** What connections with TLS are read into. */
    public ReadBuffers tlsReads() {
        return tlsReads;
    }

    SendRoom sendRoom() {
        return sendRoom;
    }

    SharedBuffer writes() {
        return writes;
    }

    /**
     * Begins an event whose handling is short: until {@link #leave} the time stands still, since asking the clock some
     * ten times for one request would cost more than its parsing.
     */
    public void enter() {
        eventTime = System.nanoTime();
        inEvent = true;
    }

    public void leave() {
        inEvent = false;
    }

    /** The time in nanoseconds from some origin, for durations and deadlines. */
    public long now() {
        return inEvent ? eventTime : System.nanoTime();
    }

    /** Gives the loop's buffers back; its end. */
    public void close() {
        reads.close();
        tlsReads.close();
        writes.close();
    }

    /** For assertions at the entries of what is confined to this loop. */
    public boolean isCurrent() {
        return executor.inEventLoop();
    }
}
