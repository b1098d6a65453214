package dev.weir.health;

import static java.util.Objects.requireNonNull;

import dev.weir.balance.Pool;
import dev.weir.config.AdminState;
import dev.weir.config.HealthConfig;
import dev.weir.config.PoolConfig;
import dev.weir.observe.Cause;
import dev.weir.observe.Meters;
import dev.weir.pool.FailureListener;
import dev.weir.pool.Server;
import dev.weir.pool.ServerSet;
import dev.weir.upstream.UpstreamSettings;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the health of all servers: one thread, {@code weir-health}, owns their machines and does all that changes them, so
 * there is no lock. It has checks made when they are due, looks at what the loops count ten times a second while requests
 * flow, and at once when a loop tells of a failure, and publishes what follows from it.
 */
public final class HealthKeeper implements AutoCloseable, PoolHealth.Listener {
    /** Makes one check; exactly one result follows, on any thread. */
    @FunctionalInterface
    public interface Checks {
        void check(Server server, HealthConfig health, UpstreamSettings settings, Consumer<CheckResult> result);
    }

    /** A pool whose health is kept, and what it is to be from now on. */
    public record Kept(Pool pool, PoolConfig config, ServerSet servers, UpstreamSettings settings) {}

    private static final Logger LOG = LoggerFactory.getLogger(HealthKeeper.class);
    private static final long TICK = TimeUnit.MILLISECONDS.toNanos(100);
    /** How often the loops' counts are looked at while no requests flow. */
    private static final long IDLE_TICK = TimeUnit.MILLISECONDS.toNanos(250);
    /** Failures that follow each other more closely are looked at together. */
    private static final long ALARM_GAP = TimeUnit.MILLISECONDS.toNanos(2);
    /** Times to the first byte are compared at each such tick. */
    private static final int COMPARING = 5;

    /** A check for which Weir itself has no time counts all the same after so many in a row. */
    private static final int MOST_INCONCLUSIVE = 3;

    private static final long ANSWER_SECONDS = 5;

    private final Checks checks;
    private final Consumer<Server> withdraw;
    private final Meters meters;
    /** Replaced when pools come or go; read by scrapes. */
    private volatile Map<String, PoolHealth> pools = Map.of();

    private final CheckSchedule schedule = new CheckSchedule(new SplittableRandom());
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private volatile boolean closed;
    /** Written by loops and the keeper: some server failed. */
    private volatile boolean alarmed;
    /** Written by the keeper, read by those who wake it: it sleeps, or is about to. */
    private volatile boolean asleep;

    private long lastAlarm;
    private long nextTick;
    private int ticks;

    /**
     * A keeper that has nothing to keep yet.
     *
     * @param withdraw told of each server that does not answer any more; must not block
     */
    public HealthKeeper(Meters meters, Checks checks, Consumer<Server> withdraw) {
        this.meters = meters;
        this.checks = checks;
        this.withdraw = withdraw;
        this.thread = Thread.ofPlatform().name("weir-health").daemon().unstarted(this::run);
        nextTick = System.nanoTime();
        HealthMeters.register(meters, () -> pools.values());
    }

    /** Begins to check and to look. */
    public void start() {
        thread.start();
    }

    // Any thread.

    /** A server failed a request. Called on loops: does not block, and costs a read while an alarm is pending. */
    private void alarm() {
        if (!alarmed) {
            alarmed = true;
            wake();
        }
    }

    private void submit(Runnable task) {
        tasks.add(task);
        wake();
    }

    private void wake() {
        if (asleep) {
            LockSupport.unpark(thread);
        }
    }

    /**
     * These pools are to be so from now on, those that are kept already and new ones; others stay as they are. Returns
     * when who gets requests has been published. Control plane, waits for the keeper.
     */
    public void keep(List<Kept> changed) {
        ask(() -> {
            take(changed);
            return true;
        });
    }

    /** Ends the keeping of these pools, whose servers get no requests any more. Control plane, waits for the keeper. */
    public void forget(Collection<String> names) {
        ask(() -> {
            Map<String, PoolHealth> left = new LinkedHashMap<>(pools);
            for (String name : names) {
                PoolHealth gone = left.remove(name);
                if (gone != null) {
                    gone.servers.forEach(this::leave);
                }
            }
            pools = Collections.unmodifiableMap(left);
            return true;
        });
    }

    /** What there is to say about each pool; control plane, waits for the keeper. */
    public List<PoolReport> report() {
        return ask(() -> {
            Reports reports = new Reports(System.nanoTime(), Instant.now());
            return pools.values().stream().map(reports::pool).toList();
        });
    }

    /** The same without the servers, which may be many. */
    public List<PoolReport> summaries() {
        return ask(() -> pools.values().stream().map(Reports::summary).toList());
    }

    /** What there is to say about one pool; null when there is none of this name. Control plane, waits for the keeper. */
    public @Nullable PoolReport report(String name) {
        return ask(() -> Optional.ofNullable(pools.get(name))
                        .map(pool -> new Reports(System.nanoTime(), Instant.now()).pool(pool)))
                .orElse(null);
    }

    /**
     * Another process has found that requests fail at this server; control plane, waits for the keeper. It is believed as
     * if it had been found here now. Of a server that is checked here, its checks say whether it is down.
     *
     * @param server its address as text
     * @param down whether it was down; else it was ejected, or tried again after that
     */
    public void believe(String pool, String server, boolean down, Reason reason, String evidence) {
        ask(() -> {
            PoolHealth kept = pools.get(pool);
            int index = kept == null ? -1 : kept.indexOf(server);
            if (kept == null || index < 0) {
                return false;
            }
            ServerHealth known = kept.servers.get(index);
            long now = System.nanoTime();
            if (!known.rules.checked()) {
                known.machine.refused(evidence, now);
            } else if (!down && known.rules.ejection().enabled()) {
                known.machine.eject(new Signal(reason, evidence), now);
            }
            kept.settle(now);
            return true;
        });
    }

    /** Has something done on the keeper's thread and waits for its outcome. */
    private <T> T ask(Supplier<T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        submit(() -> {
            try {
                answer.complete(question.get());
            } catch (RuntimeException failure) {
                answer.completeExceptionally(failure);
            }
        });
        try {
            return answer.get(ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException failure) {
            throw new IllegalStateException("the health of the servers cannot be told", failure);
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", end);
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }

    // The keeper's thread.

    private void take(List<Kept> changed) {
        long now = System.nanoTime();
        Map<String, PoolHealth> all = new LinkedHashMap<>(pools);
        for (Kept each : changed) {
            PoolHealth known = all.get(each.pool().name());
            if (known == null) {
                PoolHealth pool = new PoolHealth(each.pool(), each.settings(), meters, this::alarm, this, now);
                all.put(each.pool().name(), pool);
                known = pool;
            } else {
                known.change(each.config(), each.servers(), each.settings(), now)
                        .forEach(this::leave);
            }
            known.servers.forEach(server -> schedule.add(server, now));
            known.settle(now);
        }
        pools = Collections.unmodifiableMap(all);
        nextTick = now;
    }

    /** A server has left its pool: it gets nothing more, and nobody asks how it is. */
    private void leave(ServerHealth server) {
        schedule.remove(server);
        server.server.failureListener(FailureListener.NONE);
        server.server.limit(0);
    }

    private void run() {
        while (!closed) {
            try {
                turn();
            } catch (RuntimeException defect) {
                LOG.error("keeping the health of servers failed; please report this", defect);
            }
        }
    }

    private void turn() {
        Runnable task;
        while ((task = tasks.poll()) != null) {
            task.run();
        }
        long now = System.nanoTime();
        if (alarmed && now - lastAlarm >= ALARM_GAP) {
            alarmed = false;
            lastAlarm = now;
            pools.values().forEach(pool -> pool.hear(now));
        }
        beginChecks(now);
        if (now - nextTick >= 0) {
            tick(now);
        }
        sleep();
    }

    private void tick(long now) {
        boolean unsettled = false;
        boolean comparing = ticks++ % COMPARING == 0;
        for (PoolHealth pool : pools.values()) {
            pool.tick(comparing, now);
            unsettled |= pool.unsettled();
        }
        nextTick = now + (unsettled ? TICK : IDLE_TICK);
    }

    private void sleep() {
        asleep = true;
        long now = System.nanoTime();
        long until = Math.min(nextTick - now, schedule.next(now) - now);
        if (alarmed) {
            until = Math.min(until, lastAlarm + ALARM_GAP - now);
        }
        if (tasks.isEmpty() && until > 0 && !closed) {
            LockSupport.parkNanos(this, until);
        }
        asleep = false;
    }

    private void beginChecks(long now) {
        ServerHealth due;
        while ((due = schedule.take(now)) != null) {
            ServerHealth server = due;
            if (server.machine.admin() == AdminState.MAINT) {
                schedule.ended(server, false, now);
                continue;
            }
            PoolHealth pool = requireNonNull(pools.get(server.server.pool()), "it is in the schedule");
            checks.check(
                    server.server,
                    server.rules.checks(),
                    pool.settings,
                    result -> submit(() -> checkEnded(pool, server, result)));
        }
    }

    private void checkEnded(PoolHealth pool, ServerHealth server, CheckResult result) {
        long now = System.nanoTime();
        if (result.cause() == Cause.STOPPING || server.checkGone) {
            return;
        }
        if (!result.conclusive() && ++server.inconclusive <= MOST_INCONCLUSIVE) {
            if (server.inconclusive == 1) {
                LOG.debug("server {}: a check told nothing, since Weir had no time for it", server.server);
            }
            schedule.ended(server, false, now);
            return;
        }
        server.inconclusive = 0;
        boolean first = server.machine.checks().isEmpty();
        server.checked(result, server.checkBegan, now);
        schedule.ended(server, first, now);
        if (server.machine.changed()) {
            pool.settle(now); // else nothing follows: a pool may have many servers
        }
    }

    @Override
    public void changed(PoolHealth pool, ServerHealth server, Change change) {
        String format = "server {}: {} after {} ({}: {})";
        Object[] details = {
            server.server, change.to().id(), change.from().id(), change.reason().id(), change.evidence()
        };
        if (change.worse() || change.better()) {
            LOG.warn(format, details);
        } else {
            LOG.info(format, details);
        }
        schedule.hasten(server, server.machine.nextCheck(), change.nanos());
    }

    @Override
    public void withdraw(ServerHealth server) {
        withdraw.accept(server.server);
    }

    @Override
    public void doubt(ServerHealth server) {
        schedule.hasten(server, 0, System.nanoTime());
    }

    @Override
    public void panic(PoolHealth pool, boolean begins) {
        if (begins) {
            LOG.warn(
                    "pool {}: panic: so few servers are up that requests go to all that do not refuse connections",
                    pool.pool.name());
        } else {
            LOG.warn("pool {}: no panic any more", pool.pool.name());
        }
    }
}
