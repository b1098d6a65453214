package dev.weir.health;

import dev.weir.config.ConcurrencyConfig;
import dev.weir.config.EjectionConfig;
import dev.weir.config.PoolConfig;
import dev.weir.config.PoolConfig.ServerConfig;
import dev.weir.limit.Gradient;
import dev.weir.observe.Counter;
import dev.weir.observe.Histogram;
import dev.weir.observe.Meters;
import dev.weir.pool.Failure;
import dev.weir.pool.FailureListener;
import dev.weir.pool.Server;
import org.jspecify.annotations.Nullable;

/**
 * All that the keeper has about one server. Confined to the keeper's thread, but for the ears with which it hears of
 * failures on the loops, and for what is marked as read by others.
 */
final class ServerHealth implements FailureListener, Outliers.Candidate, Shares.Member {
    final Server server;
    ServerConfig config;
    HealthRules rules;
    final HealthMachine machine;
    final TrafficReading reading = new TrafficReading();
    /** Checks by outcome, and what they took; read by scrapes. */
    final Counter checksPassed = new Counter();

    final Counter checksFailed = new Counter();
    final Counter checkNanos = new Counter();

    private TrafficWindow window;
    private final TrafficReading.Source source;
    private final Runnable alarm;
    /** Written by the keeper, read by loops: failures of its requests count. */
    private volatile boolean passive;
    /** Written by the keeper, read by loops: requests are let through one by one. */
    private volatile boolean probing;
    /** Written by loops and the keeper: a failure was seen that was not looked at yet. */
    private volatile boolean alarmed;
    /** The state as scrapes see it. */
    private volatile ServerState shown;

    private int limit = -1;
    private int most;
    private ConcurrencyConfig concurrency;
    private @Nullable Gradient gradient;
    private long timedBefore;
    private long nanosBefore;
    private boolean lagging;
    /** When the last check that passed began. */
    private long passBegan = Long.MIN_VALUE;

    /** When the next check is due, when the running one began; see {@link CheckSchedule}. */
    long checkDue;

    long checkBegan;
    boolean checkRuns;
    /** Checks in a row that told nothing. */
    int inconclusive;

    boolean checkPlanned;
    /** It has left its pool. */
    boolean checkGone;

    /** {@code added}: whether it comes to servers that are at work. */
    ServerHealth(
            Server server,
            PoolConfig pool,
            ServerConfig config,
            boolean added,
            Meters meters,
            Runnable alarm,
            long now) {
        this.server = server;
        this.config = config;
        this.rules = HealthRules.of(pool, config);
        this.machine = new HealthMachine(rules, added, now);
        machine.admin(config.state(), now);
        this.window = new TrafficWindow(pool.ejection().window().toNanos());
        this.source = new TrafficReading.Source(server, meters);
        this.concurrency = pool.concurrency();
        this.gradient = gradient(concurrency);
        this.alarm = alarm;
        this.passive = pool.ejection().enabled();
        this.shown = machine.state();
        this.most = most();
    }

    private static @Nullable Gradient gradient(ConcurrencyConfig config) {
        return config.limit() == ConcurrencyConfig.Limit.ADAPTIVE ? new Gradient(config) : null;
    }

    private int most() {
        return gradient == null ? config.maxRequests() : Math.min(config.maxRequests(), gradient.limit());
    }

    // On the loops.

    /** A refusal needs no second one: nobody listens. And a probed server that fails gets nothing more. */
    @Override
    public void failed(Server failing, Failure failure) {
        if (passive && (failure == Failure.REFUSED || probing)) {
            failing.limit(0);
        }
        alarmed = true;
        alarm.run();
    }

    // On any thread.

    ServerState shown() {
        return shown;
    }

    // On the keeper's thread.

    /** Another configuration holds from now on; what is known of the server stays. */
    void change(PoolConfig pool, ServerConfig next, long now) {
        if (pool.ejection().window().toNanos() != rules.ejection().window().toNanos()) {
            window = new TrafficWindow(pool.ejection().window().toNanos());
        }
        rules = HealthRules.of(pool, next);
        machine.rules(rules, now);
        if (next.state() != config.state()) {
            machine.admin(next.state(), now);
        }
        config = next;
        passive = pool.ejection().enabled();
        if (!pool.concurrency().equals(concurrency)) {
            concurrency = pool.concurrency();
            gradient = gradient(concurrency);
        }
        most = most();
    }

    boolean passive() {
        return passive;
    }

    EjectionConfig ejection() {
        return rules.ejection();
    }

    /** Whether a failure was seen since this was last asked. The limit that the loops may have set is set anew. */
    boolean takeAlarm() {
        if (!alarmed) {
            return false;
        }
        alarmed = false;
        limit = -1;
        return true;
    }

    /** A number that changes when requests come and end, or begin to wait. */
    long activity() {
        return source.activity();
    }

    void read(boolean times, long now) {
        boolean all = times || machine.health() == ServerState.PROBING;
        source.read(reading, all);
        window.add(reading, all, now);
    }

    @Override
    public TrafficWindow window() {
        return window;
    }

    @Override
    public boolean measure() {
        return machine.health() == ServerState.UP || machine.health() == ServerState.SLOW_START;
    }

    @Override
    public ServerState state() {
        return machine.state();
    }

    @Override
    public int tenths() {
        return machine.tenths();
    }

    @Override
    public boolean refusing() {
        return machine.refusing();
    }

    @Override
    public int weight() {
        return config.weight();
    }

    @Override
    public boolean backup() {
        return config.backup();
    }

    boolean lagging() {
        return lagging;
    }

    void lagging(boolean slower) {
        lagging = slower;
    }

    void checked(CheckResult result, long began, long now) {
        (result.up() ? checksPassed : checksFailed).increment();
        checkNanos.add(result.took().toNanos());
        if (result.up()) {
            passBegan = began;
        }
        machine.checked(result, began, now);
    }

    /** Whether a check that does what requests do has passed since the server fell silent. */
    boolean vouched() {
        return rules.vouching() && passBegan >= window.silentSince();
    }

    /**
     * Tells the loops how many requests it may have. Written only when it changes, so that a limit that a loop has set at
     * a failure holds until the keeper has seen that failure.
     *
     * @param in whether it gets requests at all
     * @return whether it may have more than before
     */
    boolean publish(boolean in) {
        shown = machine.state();
        probing = in && shown == ServerState.PROBING;
        int next = in ? most : 0;
        if (probing) {
            int one = server.inFlight() + 1;
            next = Math.min(next, limit > 0 ? Math.min(limit, one) : one);
        }
        if (next == limit) {
            return false;
        }
        boolean more = next > server.limit();
        limit = next;
        server.limit(next);
        return more;
    }

    /** Finds the number of requests that it may have at once while it gets its share. */
    void measureLimit() {
        Gradient measuring = gradient;
        if (measuring == null) {
            return;
        }
        long timed = 0;
        for (int i = 0; i < Histogram.counts(); i++) {
            timed += reading.firstByte[i];
        }
        long nanos = reading.firstByte[Histogram.counts()];
        measuring.sample(timed - timedBefore, (double) (nanos - nanosBefore), server.inFlight());
        timedBefore = timed;
        nanosBefore = nanos;
        most = most();
    }
}
