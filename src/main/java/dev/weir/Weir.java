package dev.weir;

import dev.weir.admin.AdminServer;
import dev.weir.admin.AdminView;
import dev.weir.balance.Pool;
import dev.weir.config.PoolConfig.ServerConfig;
import dev.weir.config.WeirConfig;
import dev.weir.config.WeirConfig.AdminConfig;
import dev.weir.control.Control;
import dev.weir.control.Reloader;
import dev.weir.discovery.Discovery;
import dev.weir.downstream.Listener;
import dev.weir.health.Checker;
import dev.weir.health.HealthKeeper;
import dev.weir.loop.GivenSocket;
import dev.weir.loop.Transport;
import dev.weir.observe.AccessLog;
import dev.weir.observe.Meters;
import dev.weir.observe.ProcessMeters;
import dev.weir.pool.Server;
import dev.weir.pool.ServerRegistry;
import dev.weir.process.Carried;
import dev.weir.process.Drain;
import dev.weir.process.InheritedSockets;
import dev.weir.proxy.Worker;
import dev.weir.tls.TlsKeeper;
import dev.weir.tls.TlsSet;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One running instance. Its methods are for the control plane: they may block. */
public final class Weir {
    private static final Logger LOG = LoggerFactory.getLogger(Weir.class);
    /** How long a process that takes over waits for the first checks of its servers. */
    private static final Duration FIRST_CHECKS = Duration.ofSeconds(5);
    /** How long a start waits for servers to be discovered. */
    private static final Duration DISCOVERY_PATIENCE = Duration.ofSeconds(3);

    private final ServerRegistry servers = new ServerRegistry();
    private final Meters meters;
    private final TlsKeeper tls;
    private final Loops loops;
    private final Checker checker;
    private final HealthKeeper health;
    private final Pools pools;
    private final NameResolution names;
    private final Control control;
    private final Discovery discovery;
    private final Transport transport = Transport.best();
    private final Listeners listeners;
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final Drain drain;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final AdminPort port;
    private final Thread resolution;
    private final Thread hedging;
    /** Written by the control plane, read by the loops once for each request. */
    private volatile Snapshot snapshot = Snapshot.NONE;
    // Changed by who applies a configuration, one at a time.
    private volatile WeirConfig config;
    private volatile AccessLog accessLog;
    private volatile @Nullable AdminServer admin;
    /** The admin port's socket, when it was open before this process; not listened on until this one accepts. */
    private @Nullable GivenSocket givenAdmin;

    /** How a new process takes over. */
    private volatile Upgrading upgrading = () -> {
        String why = "this Weir runs within another program, which starts it";
        LOG.warn("upgrade: {}", why);
        throw new AdminView.UpgradeFailed(why);
    };
    /** Told how a stop goes on. */
    private volatile Consumer<String> heard = text -> {};

    private Weir(Control control, Reloader reloader, Meters meters) {
        this.config = control.state().config();
        this.meters = meters;
        this.accessLog = AccessLog.off(meters);
        this.loops = new Loops(meters, transport, () -> snapshot);
        this.listeners = new Listeners(loops, transport);
        this.drain = new Drain(new LiveTraffic(meters, loops), this::progress);
        this.tls = TlsKeeper.open(meters);
        this.control = control;
        this.discovery = new Discovery(new Found());
        this.names = new NameResolution(servers, transport.nativeSockets(), config.resolver());
        this.resolution = Thread.ofVirtual().name("weir-names").unstarted(names::keepResolving);
        HedgeTimes times = new HedgeTimes(meters, () -> snapshot.byPool().values());
        this.hedging = Thread.ofVirtual().name("weir-hedging").unstarted(times::keepLooking);
        this.checker = Checker.start(transport);
        this.health = new HealthKeeper(meters, checker::check, this::withdraw);
        this.pools = new Pools(servers, health, names);
        AdminPort.Parts parts = new AdminPort.Parts(
                meters,
                health,
                servers,
                discovery,
                () -> stopping.get() ? "stopping" : "",
                this::addresses,
                this::cut,
                this::upgrade);
        this.port = new AdminPort(parts, control, reloader);
    }

    /**
     * Starts with this configuration; when it returns, all listeners accept.
     *
     * @throws StartFailure with a sentence for the user; nothing is left running
     */
    public static Weir start(WeirConfig config) throws StartFailure {
        Control control = Control.of(config);
        Weir weir = prepare(Reloader.none(control), InheritedSockets.none());
        try {
            weir.accept();
        } catch (IOException failure) {
            weir.end();
            throw new StartFailure(failure);
        }
        return weir;
    }

    /**
     * Starts but for accepting: what connects waits until {@link #accept}.
     *
     * @param reloader has the configuration, and this Weir follow it from now on
     * @param given sockets that are open already; a listener whose address none of them has opens its own
     * @throws StartFailure with a sentence for the user; nothing is left running
     */
    public static Weir prepare(Reloader reloader, InheritedSockets given) throws StartFailure {
        Control control = reloader.control();
        WeirConfig config = control.state().config();
        int loops = config.eventLoops() > 0
                ? config.eventLoops()
                : Runtime.getRuntime().availableProcessors();
        Weir weir = new Weir(control, reloader, new Meters(loops));
        try {
            weir.begin(config, given);
            control.attach(weir::apply, config);
            weir.discover(config);
        } catch (IOException failure) {
            weir.end();
            throw new StartFailure(failure);
        }
        return weir;
    }

    private void begin(WeirConfig first, InheritedSockets given) throws IOException {
        health.start();
        gauges();
        change(first, null, given);
        for (String address : given.closeRest()) {
            LOG.warn(
                    "the socket {} was passed to Weir, but no listener has that address: nobody answers there",
                    address);
        }
        resolution.start();
        hedging.start();
        tls.start();
    }

    /** What is found soon is there before anybody can ask for it. */
    private void discover(WeirConfig first) {
        discovery.offer(meters);
        discovery.follow(first);
        try {
            if (!discovery.awaitFirst(DISCOVERY_PATIENCE)) {
                LOG.warn("some servers are not discovered yet; it starts without them");
            }
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
        }
    }

    /** Takes servers that sources have found into what holds. */
    private final class Found implements Discovery.Lists {
        @Override
        public void discovered(String pool, String source, List<ServerConfig> servers) {
            control.discovered(pool, source, servers);
        }

        @Override
        public void forgotten(String pool, String source) {
            control.forget(pool, source);
        }
    }

    /**
     * Changes to this configuration while requests flow, as a difference: what is the same in both is not touched, and
     * nothing is known less of pools and servers that stay. Servers that go finish what they have been given; so do
     * connections of listeners that go. Returns when it holds: no request begins by the former one any more. Control plane;
     * blocks.
     *
     * @throws IOException with a sentence for the user; then nothing has changed
     */
    public synchronized void apply(WeirConfig next) throws IOException {
        if (stopping.get()) {
            throw new IOException("Weir is stopping");
        }
        change(next, config, InheritedSockets.none());
        if (next.eventLoops() != config.eventLoops()) {
            LOG.warn("event-loops: the change takes effect when Weir is started anew");
        }
        config = next;
        discovery.follow(next);
    }

    /**
     * At the start there is no {@code former}, and listeners do not accept yet.
     *
     * @param given sockets that are open already
     */
    private void change(WeirConfig next, @Nullable WeirConfig former, InheritedSockets given) throws IOException {
        Opened opened = open(next, former, given);
        // From here on nothing can fail.
        names.change(next.resolver());
        Pools.Change change = pools.change(next);
        Snapshot compiled = Snapshot.of(next, change.pools(), opened.tls, snapshot, meters.loops());
        change.apply(compiled);
        snapshot = compiled;
        AccessLog formerLog = accessLog;
        AdminServer formerAdmin = admin;
        accessLog = opened.log;
        admin = opened.admin;
        opened.adminChange.run();
        List<Listener> goneListeners = opened.listeners.apply(former != null);
        List<Server> gone = change.finish();
        loops.onEach(loop -> {
            goneListeners.forEach(loop::drain);
            Worker worker = loop.worker();
            forget(worker, gone, change.gonePools());
            worker.log(opened.log.enabled() ? opened.log.loop(worker.loop().index()) : null);
        });
        tls.adopt(opened.tls);
        if (formerLog != opened.log) {
            formerLog.close();
        }
        if (formerAdmin != null && formerAdmin != opened.admin) {
            formerAdmin.retire();
        }
    }

    /** What can fail, made before anything changes. */
    private final class Opened {
        final TlsSet tls;
        final Listeners.Change listeners;
        AccessLog log = accessLog;

        @Nullable AdminServer admin = Weir.this.admin;

        Runnable adminChange = () -> {};

        Opened(TlsSet tls, Listeners.Change listeners) {
            this.tls = tls;
            this.listeners = listeners;
        }

        void close() {
            listeners.abandon();
            if (log != accessLog) {
                log.close();
            }
            AdminServer opened = admin;
            if (opened != null && opened != Weir.this.admin) {
                opened.close();
            }
            Weir.this.tls.abandon(tls);
        }
    }

    private Opened open(WeirConfig next, @Nullable WeirConfig former, InheritedSockets given) throws IOException {
        TlsSet prepared = tls.prepare(next);
        Opened opened;
        try {
            opened = new Opened(prepared, listeners.change(next, prepared, given));
        } catch (IOException failure) {
            tls.abandon(prepared);
            throw failure;
        }
        try {
            if (former == null || !next.accessLog().equals(former.accessLog())) {
                opened.log = AccessLog.open(next.accessLog(), meters);
            }
            if (former == null || !Objects.equals(next.admin(), former.admin())) {
                opened.admin = admin(next.admin(), opened, given);
            }
        } catch (IOException failure) {
            opened.close();
            throw failure;
        }
        return opened;
    }

    /** An admin port that listens; null when there is to be none, and for one that was given, until this one accepts. */
    private @Nullable AdminServer admin(@Nullable AdminConfig wanted, Opened opened, InheritedSockets given)
            throws IOException {
        AdminServer running = admin;
        if (wanted != null && running != null && running.config().bind().equals(wanted.bind())) {
            opened.adminChange = running.change(wanted);
            return running;
        }
        givenAdmin = wanted == null ? null : given.takeAdmin(wanted.bind());
        return wanted == null || givenAdmin != null ? null : AdminServer.start(wanted, transport, port);
    }

    private static void forget(Worker worker, List<Server> gone, List<String> gonePools) {
        for (Server server : gone) {
            worker.upstreams().forget(server);
            worker.meters().forget(server.pool(), server.name());
        }
        gonePools.forEach(worker.meters()::forget);
    }

    /**
     * All listeners accept from now on, and so does an admin port that was open before.
     *
     * @throws IOException with a sentence, when it cannot be taken over
     */
    public void accept() throws IOException {
        AdminConfig wanted = config.admin();
        if (givenAdmin != null && wanted != null) {
            admin = AdminServer.start(wanted, transport, port, givenAdmin);
        }
        listeners.all().forEach(Listener::accept);
    }

    /** What the next process is to have of this one. */
    List<Carried> passOn() {
        String adminPort = config.admin() == null ? "" : config.admin().bind().toString();
        GivenSocket socket = admin == null || admin.descriptor() < 0
                ? null
                : new GivenSocket(admin.descriptor(), givenAdmin != null && givenAdmin.kept());
        return new Succession(control, tls, health).passOn(listeners.all(), adminPort, socket);
    }

    /**
     * Goes on where the process before was: what it knew of servers and tickets, and with each server's first check done,
     * unless that takes too long.
     *
     * @throws IOException with a sentence, when it cannot serve what the process before serves
     */
    void goOnWith(List<Carried> carried) throws IOException {
        Succession succession = new Succession(control, tls, health);
        succession.goOnWithChanges(carried);
        for (String pool : succession.emptied(carried)) {
            if (!Objects.requireNonNull(config.pools().get(pool)).discover().isEmpty()) {
                throw new IOException("the servers of the pool " + pool + " are not discovered yet");
            }
        }
        succession.awaitFirstChecks(FIRST_CHECKS);
        succession.goOnWith(carried);
    }

    /** Has a new process take the place of this one. */
    interface Upgrading {
        /** Returns the number of the process that serves now. */
        long upgrade() throws AdminView.UpgradeFailed;
    }

    /** Has a new process take the place of this one, and returns its number when it serves. Blocks. */
    long upgrade() throws AdminView.UpgradeFailed {
        return upgrading.upgrade();
    }

    void upgradedBy(Upgrading upgrading) {
        this.upgrading = upgrading;
    }

    private void gauges() {
        ProcessMeters.register(meters, version());
        port.reloader().register(meters);
        Gauges.register(meters, servers, pools::all);
    }

    /** The version of the program; a remark when it does not run from its jar. */
    static String version() {
        String version = Weir.class.getPackage().getImplementationVersion();
        return version == null ? "(built from source)" : version;
    }

    private List<String> addresses() {
        return listeners.all().stream().map(Listener::boundTo).toList();
    }

    /** Has Weir follow its file. */
    public Reloader reloader() {
        return port.reloader();
    }

    /** The way to change what holds. */
    public Control control() {
        return control;
    }

    /** One line for each listener, for example {@code listening on :8080}. */
    public List<String> describe() {
        List<String> lines = new ArrayList<>();
        addresses().forEach(address -> lines.add("listening on " + address));
        AdminServer running = admin;
        if (running != null) {
            lines.add("admin on " + running.boundTo());
        }
        return lines;
    }

    /** Where the admin port is; empty without one. */
    String admin() {
        AdminServer running = admin;
        return running == null ? "" : running.boundTo().toString();
    }

    /** The port of each listener, in the order of the configuration; -1 for a unix domain socket. */
    public List<Integer> ports() {
        return listeners.all().stream().map(Listener::port).toList();
    }

    /** The port of the admin server; -1 when it has none. */
    public int adminPort() {
        AdminServer running = admin;
        return running == null ? -1 : running.port();
    }

    /** The event loops of the data plane. */
    public List<EventLoop> loops() {
        return loops.executors();
    }

    /** The pools by name, in their current state. */
    public Iterable<Pool> pools() {
        return pools.all();
    }

    /**
     * The server went down: its idle connections are closed, and requests that wait for it are tried elsewhere where that
     * is safe; where it came from, and what its name leads to, is looked at anew. Any thread; it happens elsewhere, soon.
     */
    public void withdraw(Server server) {
        names.doubt(server);
        discovery.doubt(server.pool(), server.address());
        loops.each(loop -> loop.worker().upstreams().withdraw(server));
    }

    /**
     * Gives up on a server that was removed: requests that wait for it are tried elsewhere where that is safe, and what else
     * is under way with it is cut. Control plane; returns when it has been done.
     */
    public void cut(String pool, String server) {
        for (Server gone : servers.leaving()) {
            if (gone.pool().equals(pool) && gone.name().equals(server)) {
                loops.onEach(loop -> loop.cutFrom(gone));
            }
        }
    }

    /** Opens the access log's file anew, after a rotation. */
    public void reopenLogs() {
        accessLog.reopen();
    }

    /** Whether changes by the admin API are refused, since another process reads those made so far. */
    void freeze(boolean on) {
        control.freeze(on);
    }

    /** Whether it stops, or has handed over. */
    boolean isStopping() {
        return stopping.get();
    }

    /**
     * Stops accepting, lets exchanges under way finish up to the configured deadline, then ends all. Returns at once; a
     * second call changes nothing.
     */
    public void stop() {
        if (stopping.compareAndSet(false, true)) {
            Thread.ofPlatform().name("weir-stop").start(this::shutDown);
        } else {
            // After a hand-over there is more time than for a stop.
            drain.shorten(Drain.Profile.of(config.shutdown()));
        }
    }

    /**
     * Another process accepts in place of this one: what is under way here may go on for as long as an upgrade lets it,
     * then all ends. Returns at once.
     */
    synchronized void leave() {
        if (stopping.compareAndSet(false, true)) {
            listeners.all().forEach(Listener::leave);
            AdminServer port = admin;
            admin = null;
            Thread answering = port == null ? null : port.leave();
            Thread.ofPlatform().name("weir-stop").start(() -> {
                drain.run(Drain.Profile.of(config.upgrade()));
                ended(answering);
                end();
            });
        }
    }

    private static void ended(@Nullable Thread thread) {
        try {
            if (thread != null) {
                thread.join();
            }
        } catch (InterruptedException nobodyDoes) {
            Thread.currentThread().interrupt();
        }
    }

    /** Stops without waiting for exchanges under way, also when it is stopping already. Returns at once. */
    public void stopNow() {
        drain.hurry();
        stop();
    }

    /** From now on {@code listener} hears how a stop goes on, as a clause; on a thread that may block. */
    public void tellProgress(Consumer<String> listener) {
        heard = listener;
    }

    /** Waits until Weir has stopped, or the thread is interrupted. */
    public void awaitStop() {
        try {
            stopped.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void shutDown() {
        WeirConfig.ShutdownConfig config = this.config.shutdown();
        LOG.info("stopping: requests under way have {} to finish", config.deadline());
        heard.accept("stopping");
        awaitChange();
        discovery.close();
        drain.delay(config.readinessDelay());
        for (Listener listener : listeners.all()) {
            listener.close();
        }
        drain.run(Drain.Profile.of(config));
        end();
    }

    /**
     * A change that has begun holds first: one made half would be left with listeners that nobody closes, and would wait for
     * loops that are no more. None begins any more.
     */
    private void awaitChange() {
        stopping.set(true);
        synchronized (this) {
            LOG.debug("no change is under way");
        }
    }

    private void progress(String left) {
        LOG.warn("stopping: there are still {}", left);
        heard.accept("stopping: there are still " + left);
    }

    /** Cuts what is left and gives everything back. */
    private void end() {
        awaitChange();
        for (Listener listener : listeners.all()) {
            listener.close();
        }
        loops.end();
        discovery.close();
        resolution.interrupt();
        names.close();
        hedging.interrupt();
        health.close();
        checker.close();
        accessLog.close();
        tls.close();
        AdminServer running = admin;
        if (running != null) {
            running.close();
        }
        stopped.countDown();
    }
}
