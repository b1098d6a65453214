package dev.weir;

import dev.weir.admin.AdminServer;
import dev.weir.admin.AdminView;
import dev.weir.balance.Pool;
import dev.weir.config.AccessLogConfig;
import dev.weir.config.ListenerConfig;
import dev.weir.config.WeirConfig;
import dev.weir.control.Control;
import dev.weir.control.Reloader;
import dev.weir.downstream.Connections;
import dev.weir.downstream.Listener;
import dev.weir.health.Checker;
import dev.weir.health.HealthKeeper;
import dev.weir.health.PoolReport;
import dev.weir.loop.Loop;
import dev.weir.loop.Transport;
import dev.weir.observe.AccessLog;
import dev.weir.observe.Exposition;
import dev.weir.observe.LoopMeters;
import dev.weir.observe.Meters;
import dev.weir.observe.Activity;
import dev.weir.observe.ProcessMeters;
import dev.weir.pool.Server;
import dev.weir.pool.ServerRegistry;
import dev.weir.process.Drain;
import dev.weir.process.InheritedSockets;
import dev.weir.proxy.Worker;
import dev.weir.tls.TlsKeeper;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One running instance. Its methods are for the control plane: they may block. */
public final class Weir {
    private static final Logger LOG = LoggerFactory.getLogger(Weir.class);
    /**
     * One read of a socket, in bytes, and so the most that an exchange holds of a body that flows. Large, since each read
     * of a large body is followed by a write and a turn of the loop; one buffer serves the whole loop.
     */
    private static final int READ_BYTES = 256 << 10;

    private final WeirConfig config;
    private final Control control;
    private final Reloader reloader;
    private final Instant started = Instant.now();
    private final ServerRegistry servers = new ServerRegistry();
    private final Meters meters;
    private final AccessLog accessLog;
    private final TlsKeeper tls;
    private final EventLoopGroup group;
    private final Checker checker;
    private final HealthKeeper health;
    private final List<Worker> workers = new ArrayList<>();
    private final List<Connections> connections = new ArrayList<>();
    private final List<Listener> listeners = new ArrayList<>();
    private final Transport transport = Transport.best();
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final Drain drain = new Drain(new Traffic(), this::progress);
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Thread resolution;
    private final Thread hedging;
    /** Written by the control plane, read by the loops once for each request. */
    private volatile Snapshot snapshot;

    private @Nullable AdminServer admin;
    /** Told how a stop goes on. */
    private volatile Consumer<String> heard = text -> {};

    private Weir(WeirConfig config, AccessLog accessLog, Meters meters, TlsKeeper tls) {
        this.config = config;
        this.control = Control.of(config);
        this.reloader = Reloader.none(control);
        this.meters = meters;
        this.accessLog = accessLog;
        this.tls = tls;
        this.group =
                new MultiThreadIoEventLoopGroup(meters.loops(), new DefaultThreadFactory("weir-loop"), transport.io());
        this.snapshot = Snapshot.of(config, servers, tls, meters.loops());
        NameResolution names = new NameResolution(servers, transport.nativeSockets());
        names.resolveAll();
        this.resolution = Thread.ofVirtual().name("weir-names").unstarted(names::keepResolving);
        HedgeTimes times = new HedgeTimes(meters, snapshot.byPool().values());
        this.hedging = Thread.ofVirtual().name("weir-hedging").unstarted(times::keepLooking);
        this.checker = Checker.start(transport);
        this.health = new HealthKeeper(snapshot.kept(), meters, checker::check, this::withdraw);
    }

    /**
     * Starts with this configuration; when it returns, all listeners accept.
     *
     * @throws StartFailure with a sentence for the user; nothing is left running
     */
    public static Weir start(WeirConfig config) throws StartFailure {
        Weir weir = prepare(config, InheritedSockets.none());
        weir.accept();
        return weir;
    }

    /**
     * Starts but for accepting: what connects waits until {@link #accept}.
     *
     * @param given sockets that are open already; a listener whose address none of them has opens its own
     * @throws StartFailure with a sentence for the user; nothing is left running
     */
    public static Weir prepare(WeirConfig config, InheritedSockets given) throws StartFailure {
        int loops = config.eventLoops() > 0
                ? config.eventLoops()
                : Runtime.getRuntime().availableProcessors();
        Meters meters = new Meters(loops);
        TlsKeeper tls;
        AccessLog accessLog;
        try {
            tls = TlsKeeper.open(config, meters);
        } catch (IOException failure) {
            throw new StartFailure(failure);
        }
        try {
            accessLog = AccessLog.open(config.accessLog(), meters);
        } catch (IOException failure) {
            tls.close();
            throw new StartFailure(failure);
        }
        Weir weir = new Weir(config, accessLog, meters, tls);
        try {
            weir.bind(given);
        } catch (IOException failure) {
            weir.end();
            throw new StartFailure(failure);
        }
        return weir;
    }

    private void bind(InheritedSockets given) throws IOException {
        for (int i = 0; i < meters.loops(); i++) {
            Loop loop = new Loop(i, group.next(), transport, READ_BYTES);
            boolean logged = config.accessLog().target() != AccessLogConfig.Target.OFF;
            Worker worker = new Worker(loop, () -> snapshot, meters.loop(i), logged ? accessLog.loop(i) : null);
            workers.add(worker);
            connections.add(new Connections(worker));
        }
        health.start();
        int accepting = 0;
        for (ListenerConfig listener : config.listeners()) {
            EventLoop loop = connections.get(accepting++ % connections.size()).loop();
            listeners.add(Listener.bind(
                    listener, tls.listener(listener), connections, loop, transport, given.take(listener.bind())));
        }
        for (String address : given.closeRest()) {
            LOG.warn(
                    "the socket {} was passed to Weir, but no listener has that address: nobody answers there",
                    address);
        }
        gauges();
        if (config.admin() != null) {
            admin = AdminServer.start(config.admin(), transport, new View());
        }
        resolution.start();
        hedging.start();
        tls.start();
    }

    /** All listeners accept from now on. */
    public void accept() {
        listeners.forEach(Listener::accept);
    }

    private void gauges() {
        ProcessMeters.register(meters, version());
        meters.gauge(
                "weir_server_requests_in_flight",
                "Requests sent or being sent to the server and not yet ended",
                List.of("pool", "server"),
                samples -> {
                    for (Server server : servers.servers()) {
                        samples.add(server.inFlight(), server.pool(), server.name());
                    }
                });
        meters.gauge(
                "weir_server_requests_limit",
                "How many requests a server may have now, where there is a limit",
                List.of("pool", "server"),
                samples -> {
                    for (Server server : servers.servers()) {
                        if (server.limit() != Server.UNLIMITED) {
                            samples.add(server.limit(), server.pool(), server.name());
                        }
                    }
                });
        meters.gauge(
                "weir_queue_length",
                "Requests that wait for a server of the pool",
                List.of("pool"),
                samples -> pools().forEach(pool -> samples.add(pool.line().length(), pool.name())));
    }

    /** The version of the program; a remark when it does not run from its jar. */
    static String version() {
        String version = Weir.class.getPackage().getImplementationVersion();
        return version == null ? "(built from source)" : version;
    }

    private final class View implements AdminView {
        @Override
        public @Nullable String notReady() {
            return stopping.get() ? "stopping" : null;
        }

        @Override
        public Exposition metrics(String accept) {
            return Exposition.of(meters, accept);
        }

        @Override
        public List<PoolReport> pools() {
            return health.report();
        }

        @Override
        public @Nullable PoolReport pool(String name) {
            return pools().stream()
                    .filter(each -> each.name().equals(name))
                    .findFirst()
                    .orElse(null);
        }

        @Override
        public Control control() {
            return control;
        }

        @Override
        public Reloader reloader() {
            return reloader;
        }

        @Override
        public Running running() {
            return new Running(version(), started, listeners.stream().map(Listener::boundTo).toList());
        }

        @Override
        public Activity activity() {
            return meters.activity();
        }

        @Override
        public int inFlight(String pool, String server) {
            Server known = find(pool, server);
            return known == null ? 0 : known.inFlight();
        }

        @Override
        public void withdraw(String pool, String server) {
            Server known = find(pool, server);
            if (known != null) {
                Weir.this.withdraw(known);
            }
        }

        private @Nullable Server find(String pool, String server) {
            for (Server each : servers.servers()) {
                if (each.pool().equals(pool) && each.name().equals(server)) {
                    return each;
                }
            }
            return null;
        }
    }

    /** One line for each listener, for example {@code listening on :8080}. */
    public List<String> describe() {
        List<String> lines = new ArrayList<>();
        for (Listener listener : listeners) {
            lines.add("listening on " + listener.boundTo());
        }
        if (admin != null) {
            lines.add("admin on " + admin.boundTo());
        }
        return lines;
    }

    /** The port of each listener, in the order of the configuration; -1 for a unix domain socket. */
    public List<Integer> ports() {
        return listeners.stream().map(Listener::port).toList();
    }

    /** The port of the admin server; -1 when it has none. */
    public int adminPort() {
        return admin == null ? -1 : admin.port();
    }

    /** The event loops of the data plane. */
    public List<EventLoop> loops() {
        return connections.stream().map(Connections::loop).toList();
    }

    /** The pools by name, in their current state. */
    public Iterable<Pool> pools() {
        return snapshot.pools().values();
    }

    /**
     * The server went down: its idle connections are closed, and requests that wait for it are tried elsewhere where that
     * is safe. Any thread; it happens on the loops, soon.
     */
    public void withdraw(Server server) {
        for (Worker worker : workers) {
            worker.loop().executor().execute(() -> worker.upstreams().withdraw(server));
        }
    }

    /** Opens the access log's file anew, after a rotation. */
    public void reopenLogs() {
        accessLog.reopen();
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
        drain.delay(config.readinessDelay());
        for (Listener listener : listeners) {
            listener.close();
        }
        drain.run(Drain.Profile.of(config));
        end();
    }

    private void progress(String left) {
        LOG.warn("stopping: there are still {}", left);
        heard.accept("stopping: there are still " + left);
    }

    /** What flows here, in the eyes of its drain. */
    private final class Traffic implements Drain.Traffic {
        @Override
        public Drain.Left left() {
            long open = 0;
            long requests = 0;
            long tunnels = 0;
            for (int i = 0; i < meters.loops(); i++) {
                LoopMeters loop = meters.loop(i);
                open += loop.connectionsOpen.get();
                requests += loop.requestsInFlight.get();
                tunnels += loop.tunnelsOpen.get();
            }
            return new Drain.Left(open, Math.max(0, requests - tunnels), tunnels);
        }

        @Override
        public void drain(long idleNanos) {
            each(loop -> loop.drain(idleNanos));
        }

        @Override
        public void cutRequests() {
            each(Connections::cutRequests);
        }

        @Override
        public void endTunnels() {
            each(Connections::endTunnels);
        }

        private void each(Consumer<Connections> task) {
            connections.forEach(loop -> loop.loop().execute(() -> task.accept(loop)));
        }
    }

    /** Cuts what is left and gives everything back. */
    private void end() {
        for (Listener listener : listeners) {
            listener.close();
        }
        for (Connections loop : connections) {
            loop.loop().submit(loop::close).awaitUninterruptibly();
        }
        resolution.interrupt();
        hedging.interrupt();
        health.close();
        checker.close();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        accessLog.close();
        tls.close();
        if (admin != null) {
            admin.close();
        }
        stopped.countDown();
    }
}
