package dev.weir;

import dev.weir.balance.Pool;
import dev.weir.config.WeirConfig;
import dev.weir.downstream.Listener;
import dev.weir.health.Checker;
import dev.weir.health.HealthKeeper;
import dev.weir.loop.Transport;
import dev.weir.observe.AccessLog;
import dev.weir.observe.Meters;
import dev.weir.pool.Server;
import dev.weir.pool.ServerRegistry;
import dev.weir.process.InheritedSockets;
import dev.weir.proxy.Worker;
import dev.weir.tls.TlsKeeper;
import dev.weir.tls.TlsSet;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All that serves requests, by one configuration after the other: the loops with their listeners, the pools, and what
 * looks after both. Control plane; changed by one thread at a time.
 */
final class Serving implements AutoCloseable {
    private final Meters meters;
    private final Loops loops;
    private final Listeners listeners;
    private final ServerRegistry servers = new ServerRegistry();
    private final TlsKeeper tls;
    private final Checker checker;
    private final HealthKeeper health;
    private final NameResolution names;
    private final HedgeTimes hedging;
    private final Pools pools;
    /** What holds; null before the first configuration. Of who changes it. */
    private @Nullable WeirConfig config;
    /** Written by who changes it, read by the loops once for each request. */
    private volatile Snapshot snapshot = Snapshot.NONE;

    private volatile AccessLog log;

    /**
     * Nothing is served yet.
     *
     * @param first what it is going to serve by
     * @param down told of each server that does not answer any more; must not block
     */
    Serving(WeirConfig first, Meters meters, Transport transport, Consumer<Server> down) {
        this.meters = meters;
        this.log = AccessLog.off(meters);
        this.loops = new Loops(meters, transport, () -> snapshot);
        this.listeners = new Listeners(loops, transport);
        this.tls = TlsKeeper.open(meters);
        this.names = new NameResolution(servers, transport.nativeSockets(), first.resolver());
        this.hedging = new HedgeTimes(meters, () -> snapshot.byPool().values());
        this.checker = Checker.start(transport);
        this.health = new HealthKeeper(meters, checker::check, down);
        this.pools = new Pools(servers, health, names);
        Gauges.register(meters, servers, pools::all);
        health.start();
    }

    /** A change that can be made now: what can fail has been made ready, and nothing has changed. */
    final class Change {
        private final WeirConfig next;
        private final TlsSet certificates;
        private final Listeners.Change bound;
        private final AccessLog nextLog;

        private Change(WeirConfig next, TlsSet certificates, Listeners.Change bound, AccessLog nextLog) {
            this.next = next;
            this.certificates = certificates;
            this.bound = bound;
            this.nextLog = nextLog;
        }

        /**
         * Makes it. At the first one new listeners do not accept yet. Returns when it holds: no request begins by the
         * former configuration any more.
         */
        void apply() {
            names.change(next.resolver());
            Pools.Change change = pools.change(next);
            Snapshot compiled = Snapshot.of(next, change.pools(), certificates, snapshot, meters.loops());
            change.apply(compiled);
            snapshot = compiled;
            AccessLog formerLog = log;
            log = nextLog;
            List<Listener> goneListeners = bound.apply(config != null);
            List<Server> goneServers = change.finish();
            loops.onEach(loop -> {
                goneListeners.forEach(loop::drain);
                forget(loop.worker(), goneServers, change.gonePools());
                int index = loop.worker().loop().index();
                loop.worker().log(nextLog.enabled() ? nextLog.loop(index) : null);
            });
            tls.adopt(certificates);
            if (formerLog != nextLog) {
                formerLog.close();
            }
            config = next;
        }

        private static void forget(Worker worker, List<Server> gone, List<String> gonePools) {
            for (Server server : gone) {
                worker.upstreams().forget(server);
                worker.meters().forget(server.pool(), server.name());
            }
            gonePools.forEach(worker.meters()::forget);
        }
    }

    /**
     * Makes ready for this configuration.
     *
     * @param given sockets that are open already
     * @param undo takes what has been made ready back
     * @throws IOException with a sentence for the user
     */
    Change prepare(WeirConfig next, InheritedSockets given, Undo undo) throws IOException {
        TlsSet certificates = tls.prepare(next);
        undo.push(() -> tls.abandon(certificates));
        Listeners.Change bound = listeners.change(next, certificates, given);
        undo.push(bound::abandon);
        if (config != null && config.accessLog().equals(next.accessLog())) {
            return new Change(next, certificates, bound, log);
        }
        AccessLog opened = AccessLog.open(next.accessLog(), meters);
        undo.push(opened::close);
        return new Change(next, certificates, bound, opened);
    }

    /** There is a configuration: what looks after servers, names and certificates begins. */
    void keepUp() {
        names.start();
        hedging.start();
        tls.start();
    }

    /** All listeners accept from now on. */
    void accept() {
        listeners.all().forEach(Listener::accept);
    }

    /** In the order of the configuration. */
    List<Listener> listeners() {
        return listeners.all();
    }

    /** Where it listens, with the ports that were really taken. */
    List<String> addresses() {
        return listeners.all().stream().map(Listener::boundTo).toList();
    }

    Loops loops() {
        return loops;
    }

    List<Pool> pools() {
        return pools.all();
    }

    ServerRegistry servers() {
        return servers;
    }

    HealthKeeper health() {
        return health;
    }

    TlsKeeper tls() {
        return tls;
    }

    /** See {@link Weir#withdraw}. */
    void withdraw(Server server) {
        names.doubt(server);
        loops.each(loop -> loop.worker().upstreams().withdraw(server));
    }

    /** See {@link Weir#cut}. */
    void cut(String pool, String server) {
        for (Server gone : servers.leaving()) {
            if (gone.pool().equals(pool) && gone.name().equals(server)) {
                loops.onEach(loop -> loop.cutFrom(gone));
            }
        }
    }

    /** Opens the access log's file anew, after a rotation. */
    void reopenLog() {
        log.reopen();
    }

    /** Stops accepting; what is open stays. */
    void stopAccepting() {
        listeners.all().forEach(Listener::close);
    }

    /** Another process accepts in place of this one; what is open stays. */
    void leave() {
        listeners.all().forEach(Listener::leave);
    }

    /** Cuts what is left and gives everything back. */
    @Override
    public void close() {
        stopAccepting();
        loops.end();
        names.close();
        hedging.close();
        health.close();
        checker.close();
        log.close();
        tls.close();
    }
}
