package dev.weir.health;

import dev.weir.balance.Pool;
import dev.weir.config.EjectionConfig;
import dev.weir.config.PoolConfig;
import dev.weir.config.PoolConfig.ServerConfig;
import dev.weir.observe.Counter;
import dev.weir.observe.Meters;
import dev.weir.pool.Server;
import dev.weir.pool.ServerSet;
import dev.weir.upstream.UpstreamSettings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The servers of one pool side by side: feeds their machines with what traffic tells, decides who may be ejected, and
 * publishes who gets requests. Confined to the keeper's thread; time is an argument.
 */
final class PoolHealth {
    /** What to do when something happens. */
    interface Listener {
        /** The state on a server has changed. */
        void changed(PoolHealth pool, ServerHealth server, Change change);

        /** A server is down or does not answer: what waits for it should not. */
        void withdraw(ServerHealth server);

        /** A check should look at this server soon. */
        void doubt(ServerHealth server);

        /** So few servers are up, or enough again, that those that are not are used too. */
        void panic(PoolHealth pool, boolean begins);
    }

    /** Longer than anything is remembered of traffic: after it there is nothing to look at. */
    private static final long QUIET_NANOS = 60_000_000_000L;

    /** The longest time to a first byte is remembered for one to two such times. */
    private static final long MEMORY_NANOS = 300_000_000_000L;

    final Pool pool;
    /** In the order of the configuration. Written by the keeper, read by scrapes. */
    volatile List<ServerHealth> servers;

    UpstreamSettings settings;
    /** Changes by reason; read by scrapes. */
    final Map<Reason, Counter> changes = new EnumMap<>(Reason.class);

    private final Meters meters;
    private final Runnable alarm;
    private final Listener listener;
    private EjectionConfig config;
    private Outliers outliers;
    private Shares shares;
    private boolean published;
    /** Written by the keeper, read by scrapes. */
    private volatile boolean panic;

    private long answered;
    private long longest;
    private long formerLongest;
    private long longestSince;
    private boolean busy;
    /** What has happened altogether, as a number that changes with it, and when it did. */
    private long activity;

    private long activeAt;

    PoolHealth(Pool pool, UpstreamSettings settings, Meters meters, Runnable alarm, Listener listener, long now) {
        this.pool = pool;
        this.settings = settings;
        this.meters = meters;
        this.alarm = alarm;
        this.config = pool.config().ejection();
        this.listener = listener;
        this.servers = List.of();
        this.servers = servers(pool.config(), pool.servers(), now);
        this.outliers = new Outliers(servers, config);
        this.shares = Shares.none(servers.size());
        for (Reason reason : Reason.values()) {
            changes.put(reason, new Counter());
        }
        longestSince = now;
        activeAt = now;
    }

    /**
     * Gives the pool another configuration or other servers; what is known of those that stay is kept. To be followed by
     * {@link #settle}.
     *
     * @return those that are no longer in it
     */
    List<ServerHealth> change(PoolConfig next, ServerSet set, UpstreamSettings settings, long now) {
        List<ServerHealth> gone = new ArrayList<>(servers);
        this.settings = settings;
        this.config = next.ejection();
        pool.change(next, set);
        servers = servers(next, set, now);
        gone.removeAll(servers);
        activeAt = now;
        outliers = new Outliers(servers, config);
        shares = Shares.none(servers.size());
        published = false;
        return gone;
    }

    private List<ServerHealth> servers(PoolConfig next, ServerSet set, long now) {
        Map<Server, ServerHealth> known = new HashMap<>();
        servers.forEach(each -> known.put(each.server, each));
        List<ServerHealth> kept = new ArrayList<>();
        for (int i = 0; i < set.size(); i++) {
            Server server = set.server(i);
            ServerConfig its = next.servers().get(i);
            ServerHealth health = known.get(server);
            if (health == null) {
                health = new ServerHealth(server, next, its, !known.isEmpty(), meters, alarm, now);
                server.failureListener(health);
            } else {
                health.change(next, its, now);
            }
            kept.add(health);
        }
        return List.copyOf(kept);
    }

    boolean panic() {
        return panic;
    }

    Shares shares() {
        return shares;
    }

    Outliers outliers() {
        return outliers;
    }

    /** The place of the server with this name; -1 when there is none. */
    int indexOf(String name) {
        for (int i = 0; i < servers.size(); i++) {
            if (servers.get(i).server.name().equals(name)) {
                return i;
            }
        }
        return -1;
    }

    /** Whether requests flow, or time alone will change something. */
    boolean unsettled() {
        if (busy) {
            return true;
        }
        for (ServerHealth server : servers) {
            if (server.machine.unsettled()) {
                return true;
            }
        }
        return false;
    }

    /** Whether nothing has happened for so long that nothing is left to look at; with many pools, most are so. */
    private boolean quiet(long now) {
        long seen = 0;
        for (ServerHealth server : servers) {
            seen += server.activity();
        }
        if (seen != activity || pool.line().length() > 0 || unsettled()) {
            activity = seen;
            activeAt = now;
        }
        return now - activeAt > Math.max(QUIET_NANOS, 2 * config.window().toNanos());
    }

    /** Looks whether a failure was told of; if so, at the counts, which is enough to see who fails fast. */
    void hear(long now) {
        boolean alarmed = false;
        for (ServerHealth server : servers) {
            alarmed |= server.takeAlarm();
        }
        if (alarmed) {
            activeAt = now;
            read(false, now);
            outliers.measureFailures();
            for (int i = 0; i < servers.size(); i++) {
                heed(i, now);
                judge(i, false, now);
            }
            settle(now);
        }
    }

    /** A tenth of a second has passed, or more. {@code times}: also looks at how long answers take. */
    void tick(boolean times, long now) {
        if (quiet(now)) {
            return;
        }
        read(true, now);
        outliers.measureFailures();
        if (times) {
            outliers.measureTimes();
        }
        for (int i = 0; i < servers.size(); i++) {
            ServerHealth server = servers.get(i);
            heed(i, now);
            judge(i, true, now);
            server.measureLimit();
            server.lagging(outliers.lagging(i));
            server.machine.tick(server.lagging(), now);
        }
        hurry();
        settle(now);
    }

    /** Requests wait for any server to be back: each is looked for as often as may be. */
    private void hurry() {
        if (pool.line().length() == 0 || pool.up()) {
            return;
        }
        for (ServerHealth server : servers) {
            if (server.machine.health() == ServerState.DOWN) {
                listener.doubt(server);
            }
        }
    }

    private void read(boolean times, long now) {
        busy = false;
        for (ServerHealth server : servers) {
            server.read(times, now);
            TrafficWindow window = server.window();
            answered += window.newResponses();
            busy |= window.newAnswers() > 0 || window.waiting() > 0;
            longest = Math.max(longest, window.longest());
        }
        for (ServerHealth server : servers) {
            server.window().poolAnswers(answered);
        }
        if (now - longestSince > MEMORY_NANOS) {
            formerLongest = longest;
            longest = 0;
            longestSince = now;
        }
    }

    /** What needs no comparison with others: refusals, and how probes end. */
    private void heed(int index, long now) {
        ServerHealth server = servers.get(index);
        TrafficWindow window = server.window();
        if (window.newRefusals() > 0 || window.newUnreachable() > 0) {
            listener.doubt(server);
        }
        if (!server.passive()) {
            return;
        }
        if (window.newRefusals() > 0) {
            server.machine.refused("a request's connection was refused", now);
        }
        if (server.machine.health() == ServerState.PROBING) {
            probed(index, now);
        }
    }

    private void probed(int index, long now) {
        ServerHealth server = servers.get(index);
        TrafficWindow window = server.window();
        if (window.newFailures() > 0) {
            server.machine.eject(new Signal(Reason.PROBE_FAILED, "a request failed that was let through"), now);
        } else if (window.newAnswers() > 0) {
            Signal slow = window.answers() >= HealthMachine.PROBES ? outliers.slowProbes(index) : null;
            if (slow != null) {
                server.machine.eject(slow, now);
            } else {
                server.machine.probesPassed(window.newAnswers(), now);
            }
        }
    }

    /** What can only be seen beside the others. */
    private void judge(int index, boolean times, long now) {
        ServerHealth server = servers.get(index);
        if (!server.passive() || !server.machine.state().serves()) {
            return;
        }
        boolean suspicious = Outliers.suspicious(server.window(), answered, now)
                || server.window().unreachable() > 0;
        server.machine.suspected(suspicious);
        if (suspicious) {
            listener.doubt(server);
        }
        Signal signal = signal(index, times, now);
        if (signal != null && mayEject(server)) {
            server.machine.eject(signal, now);
        }
    }

    private @Nullable Signal signal(int index, boolean times, long now) {
        ServerHealth server = servers.get(index);
        Signal signal = outliers.failing(index);
        if (signal == null && times) {
            long slowest = Math.max(longest, formerLongest);
            signal = Outliers.stalled(server.window(), answered, slowest, server.vouched(), now);
            if (signal == null) {
                signal = outliers.slow(index);
            }
        }
        return signal;
    }

    /** At most a share of the healthy servers is ejected, and never the last. */
    private boolean mayEject(ServerHealth candidate) {
        int healthy = 0;
        int ejected = 0;
        int others = 0;
        for (ServerHealth each : servers) {
            if (each.weight() > 0 && each.state() == each.machine.health()) {
                switch (each.state()) {
                    case UP, SLOW_START -> {
                        healthy++;
                        others += each == candidate ? 0 : 1;
                    }
                    case EJECTED, PROBING -> {
                        healthy++;
                        ejected += each == candidate ? 0 : 1;
                    }
                    default -> {
                        // Not there to be ejected.
                    }
                }
            }
        }
        return others > 0 && ejected + 1 <= Math.max(1, healthy * config.share() / 100);
    }

    /** Tells of changes and publishes what follows from them. To be called after any input. */
    void settle(long now) {
        reconsider(now);
        List<ServerHealth> lost = tell();
        publish();
        for (ServerHealth server : lost) {
            if (shares.weights()[servers.indexOf(server)] == 0) {
                listener.withdraw(server);
            }
        }
    }

    /** A server that was sent nothing is better than none. */
    private void reconsider(long now) {
        boolean some = servers.stream()
                .anyMatch(each -> each.weight() > 0
                        && (each.measure() || each.machine.health() == ServerState.CHECKING)
                        && each.state() == each.machine.health());
        if (some) {
            return;
        }
        for (ServerHealth server : servers) {
            server.machine.needed(now);
            server.machine.hurry(now);
        }
    }

    /** Returns those that do not answer any more. */
    private List<ServerHealth> tell() {
        List<ServerHealth> lost = List.of();
        for (ServerHealth server : servers) {
            Change change;
            while ((change = server.machine.takeChange()) != null) {
                Objects.requireNonNull(changes.get(change.reason())).increment();
                if (change.to().serves() && !change.from().serves()) {
                    server.window().forget();
                }
                if (change.to() == ServerState.DOWN || change.reason() == Reason.STALLED) {
                    lost = new ArrayList<>(lost);
                    lost.add(server);
                }
                listener.changed(this, server, change);
            }
        }
        return lost;
    }

    private void publish() {
        Shares next = Shares.of(servers, config.panicBelow());
        boolean more = false;
        for (int i = 0; i < servers.size(); i++) {
            more |= servers.get(i).publish(next.weights()[i] > 0);
        }
        if (!published || !Arrays.equals(next.weights(), shares.weights())) {
            published = true;
            pool.ready(ready(next.weights()));
        } else if (more) {
            pool.wake();
        }
        boolean began = next.panic();
        boolean changed = began != panic;
        shares = next;
        panic = began;
        if (changed) {
            listener.panic(this, began);
        }
    }

    private ServerSet ready(int[] weights) {
        List<Server> chosen = new ArrayList<>();
        for (int i = 0; i < weights.length; i++) {
            if (weights[i] > 0) {
                chosen.add(servers.get(i).server);
            }
        }
        return ServerSet.of(
                chosen, Arrays.stream(weights).filter(weight -> weight > 0).toArray());
    }
}
