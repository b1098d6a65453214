package dev.weir.proxy;

import dev.weir.balance.Choice;
import dev.weir.http.ByteSink;
import dev.weir.loop.Deadline;
import dev.weir.loop.Loop;
import dev.weir.observe.Cause;
import dev.weir.observe.LoopAccessLog;
import dev.weir.observe.LoopMeters;
import dev.weir.upstream.UpstreamPool;
import dev.weir.upstream.Upstreams;
import java.util.ArrayDeque;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** All that the exchanges of one event loop share. Confined to that loop. */
public final class Worker {
    /** In so many groups connections close when that is spread over some time. */
    public static final int PLACES = 1024;

    /** Ended exchanges kept for the next; more are needed only while more requests than this are in flight. */
    private static final int SPARE_EXCHANGES = 1024;

    private static final long LOG_FLUSH_NANOS = 100_000_000;

    private final Loop loop;
    private final Supplier<RequestPlan> plan;
    private final LoopMeters meters;
    private @Nullable LoopAccessLog log;
    private final Deadline logFlush = new Deadline(this::flushLog);
    private final Upstreams upstreams;
    private final ErrorResponse errors = new ErrorResponse();
    private final ByteSink sink = new ByteSink();
    private final ArrayDeque<Exchange> spare = new ArrayDeque<>();
    private final DateLine date = new DateLine();
    private long seed;
    private boolean stopping;
    private long idleNanos = Long.MAX_VALUE;
    private long stoppingSince;
    private long spreadNanos;

    /** @param plan the current snapshot: a volatile read */
    public Worker(Loop loop, Supplier<RequestPlan> plan, LoopMeters meters) {
        this.loop = loop;
        this.plan = plan;
        this.meters = meters;
        this.upstreams = new Upstreams(loop, meters);
        this.seed = System.nanoTime() + loop.index();
    }

    public Loop loop() {
        return loop;
    }

    public LoopMeters meters() {
        return meters;
    }

    public Upstreams upstreams() {
        return upstreams;
    }

    public DateLine date() {
        return date;
    }

    /** Logs here from now on; null for nowhere. What was logged before leaves. */
    public void log(@Nullable LoopAccessLog next) {
        if (log != null) {
            log.flush();
        }
        log = next;
    }

    /** Begins an exchange for a request of which a first byte came. */
    public Exchange open(ClientStream client) {
        assert loop.isCurrent();
        Exchange exchange = spare.pollLast();
        if (exchange == null) {
            exchange = new Exchange(this, new Choice(seed += 0x9E3779B97F4A7C15L));
        }
        exchange.open(client);
        return exchange;
    }

    /**
     * From now on each connection closes after its exchange, and when it is idle for so long.
     *
     * @param spread over how many nanoseconds that begins, for one connection after the other
     */
    public void stopping(long afterNanos, long spread) {
        stopping = true;
        idleNanos = afterNanos;
        stoppingSince = now();
        spreadNanos = spread;
    }

    /** How long a client may leave its connection idle that usually may for {@code usual} nanoseconds. */
    public long idleNanos(long usual) {
        return Math.min(usual, idleNanos);
    }

    /** Whether it is the turn of connections with this place among {@link #PLACES} to close. */
    public boolean isStopping(int place) {
        return stopping && now() - stoppingSince >= spreadNanos / PLACES * place;
    }

    /** The end of this loop: idle connections to servers close, the rest of the log leaves. */
    public void close() {
        upstreams.close();
        if (log != null) {
            log.flush();
        }
        loop.close();
    }

    RequestPlan plan() {
        return plan.get();
    }

    ErrorResponse errors() {
        return errors;
    }

    /** Scratch for the lines added to the request being sent; used within one call. */
    ByteSink sink() {
        return sink;
    }

    long now() {
        return loop.now();
    }

    void giveBack(Exchange exchange) {
        if (spare.size() < SPARE_EXCHANGES) {
            spare.addLast(exchange);
        }
    }

    /** Counts and logs an exchange that has ended. */
    void record(ExchangeRecord ended) {
        meters.requestsInFlight.decrement();
        Cause cause = ended.cause();
        if (cause != null) {
            meters.cause(cause);
        }
        UpstreamPool connections = ended.connections();
        if (connections != null) {
            connections.meters().request(ended.status(), ended.durationNanos());
        } else {
            meters.unserved(ended.pool(), ended.status());
        }
        if (log != null) {
            ended.forLog();
            if (log.record(ended) && !logFlush.armed()) {
                loop.timers().arm(logFlush, now(), LOG_FLUSH_NANOS);
            }
        }
    }

    private void flushLog() {
        if (log != null && log.flush()) {
            loop.timers().arm(logFlush, now(), LOG_FLUSH_NANOS);
        }
    }
}
