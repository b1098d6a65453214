package dev.weir;

import dev.weir.admin.AdminView;
import dev.weir.balance.Pool;
import dev.weir.config.PoolConfig.ServerConfig;
import dev.weir.config.WeirConfig;
import dev.weir.control.Control;
import dev.weir.control.Reloader;
import dev.weir.discovery.Discovery;
import dev.weir.downstream.Listener;
import dev.weir.loop.Transport;
import dev.weir.observe.Meters;
import dev.weir.observe.ProcessMeters;
import dev.weir.pool.Server;
import dev.weir.process.Carried;
import dev.weir.process.Drain;
import dev.weir.process.InheritedSockets;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One running instance, from its start to its end. Its methods are for the control plane: they may block. What it serves
 * requests with is {@link Serving}.
 */
public final class Weir {
    private static final Logger LOG = LoggerFactory.getLogger(Weir.class);
    /** How long a start waits for servers to be discovered. */
    private static final Duration DISCOVERY_PATIENCE = Duration.ofSeconds(3);

    private final Meters meters;
    private final Control control;
    private final Reloader reloader;
    private final Serving serving;
    private final Discovery discovery;
    private final AdminPort port;
    private final Succession succession;
    private final Ending ending;
    /** Written by who makes a change, one at a time. */
    private volatile WeirConfig config;
    /** How a new process takes over. */
    private volatile Upgrading upgrading = () -> {
        String why = "this Weir runs within another program, which starts it";
        LOG.warn("upgrade: {}", why);
        throw new AdminView.UpgradeFailed(why);
    };

    private Weir(Reloader reloader, Meters meters) {
        this.meters = meters;
        this.reloader = reloader;
        this.control = reloader.control();
        this.config = control.state().config();
        Transport transport = Transport.best();
        this.serving = new Serving(config, meters, transport, this::withdraw);
        this.discovery = new Discovery(new Found());
        this.port = new AdminPort(transport, view());
        this.succession = new Succession(control, serving.tls(), serving.health());
        this.ending = new Ending(new LiveTraffic(meters, serving.loops()));
    }

    private LiveView view() {
        LiveView.Parts parts = new LiveView.Parts(
                meters,
                serving.health(),
                serving.servers(),
                discovery,
                () -> isStopping() ? "stopping" : "",
                serving::addresses,
                this::cut,
                this::upgrade);
        return new LiveView(parts, control, reloader);
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
     * Starts with this configuration; when it returns, all listeners accept.
     *
     * @throws StartFailure with a sentence for the user; nothing is left running
     */
    public static Weir start(WeirConfig config) throws StartFailure {
        Weir weir = prepare(Reloader.none(Control.of(config)), InheritedSockets.none());
        try {
            weir.accept();
        } catch (IOException failure) {
            weir.giveUp();
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
        WeirConfig config = reloader.control().state().config();
        int loops = config.eventLoops() > 0
                ? config.eventLoops()
                : Runtime.getRuntime().availableProcessors();
        Weir weir = new Weir(reloader, new Meters(loops));
        try {
            weir.begin(given);
        } catch (IOException failure) {
            weir.giveUp();
            throw new StartFailure(failure);
        }
        return weir;
    }

    private void begin(InheritedSockets given) throws IOException {
        WeirConfig first = config;
        ProcessMeters.register(meters, version());
        reloader.register(meters);
        change(first, given);
        for (String address : given.closeRest()) {
            LOG.warn(
                    "the socket {} was passed to Weir, but no listener has that address: nobody answers there",
                    address);
        }
        serving.keepUp();
        control.attach(this::apply, first);
        discover(first);
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

    /**
     * All listeners accept from now on, and so does an admin port that was open before.
     *
     * @throws IOException with a sentence, when it cannot be taken over
     */
    public void accept() throws IOException {
        port.accept();
        serving.accept();
    }

    /**
     * Changes to this configuration while requests flow, as a difference: what is the same in both is not touched, and
     * nothing is known less of pools and servers that stay. Servers that go finish what they have been given; so do
     * connections of listeners that go. Returns when it holds: no request begins by the former one any more. Control plane;
     * blocks.
     *
     * @throws IOException with a sentence for the user; then nothing has changed
     */
    public void apply(WeirConfig next) throws IOException {
        ending.unlessBegun(() -> {
            change(next, InheritedSockets.none());
            if (next.eventLoops() != config.eventLoops()) {
                LOG.warn("event-loops: the change takes effect when Weir is started anew");
            }
            config = next;
            discovery.follow(next);
        });
    }

    private void change(WeirConfig next, InheritedSockets given) throws IOException {
        try (Undo undo = new Undo()) {
            Serving.Change served = serving.prepare(next, given, undo);
            AdminPort.Change answered = port.prepare(next.admin(), given);
            // From here on nothing can fail.
            undo.keep();
            served.apply();
            answered.apply();
        }
    }

    /** Has Weir follow its file. */
    public Reloader reloader() {
        return reloader;
    }

    /** The way to change what holds. */
    public Control control() {
        return control;
    }

    /** The version of the program; a remark when it does not run from its jar. */
    static String version() {
        String version = Weir.class.getPackage().getImplementationVersion();
        return version == null ? "(built from source)" : version;
    }

    /** One line for each listener, for example {@code listening on :8080}. */
    public List<String> describe() {
        List<String> lines = new ArrayList<>();
        serving.addresses().forEach(address -> lines.add("listening on " + address));
        if (!admin().isEmpty()) {
            lines.add("admin on " + admin());
        }
        return lines;
    }

    /** Where the admin port is; empty without one. */
    String admin() {
        return port.boundTo();
    }

    /** The port of each listener, in the order of the configuration; -1 for a unix domain socket. */
    public List<Integer> ports() {
        return serving.listeners().stream().map(Listener::port).toList();
    }

    /** The port of the admin server; -1 when it has none. */
    public int adminPort() {
        return port.number();
    }

    /** The event loops of the data plane. */
    public List<EventLoop> loops() {
        return serving.loops().executors();
    }

    /** The pools by name, in their current state. */
    public Iterable<Pool> pools() {
        return serving.pools();
    }

    /**
     * The server went down: its idle connections are closed, and requests that wait for it are tried elsewhere where that
     * is safe; where it came from, and what its name leads to, is looked at anew. It happens elsewhere, soon.
     */
    public void withdraw(Server server) {
        serving.withdraw(server);
        discovery.doubt(server.pool(), server.address());
    }

    /**
     * Gives up on a server that was removed: requests that wait for it are tried elsewhere where that is safe, and what else
     * is under way with it is cut. Returns when it has been done.
     */
    public void cut(String pool, String server) {
        serving.cut(pool, server);
    }

    /** Opens the access log's file anew, after a rotation. */
    public void reopenLogs() {
        serving.reopenLog();
    }

    /** What the next process is to have of this one. */
    List<Carried> passOn() {
        return succession.passOn(serving.listeners(), port.socket());
    }

    /** See {@link Succession#goOnWith}. */
    void goOnWith(List<Carried> carried) throws IOException {
        succession.goOnWith(carried);
    }

    /** Whether changes by the admin API are refused, since another process reads those made so far. */
    void freeze(boolean on) {
        control.freeze(on);
    }

    void upgradedBy(Upgrading next) {
        upgrading = next;
    }

    /** Has a new process take the place of this one, and returns its number when it serves. Blocks. */
    long upgrade() throws AdminView.UpgradeFailed {
        return upgrading.upgrade();
    }

    /** Whether it stops, or has handed over. */
    boolean isStopping() {
        return ending.hasBegun();
    }

    /** From now on {@code listener} hears how a stop goes on, as a clause; on a thread that may block. */
    void tellProgress(Consumer<String> listener) {
        ending.listen(listener);
    }

    /** Waits until Weir has stopped, or the thread is interrupted. */
    public void awaitStop() {
        ending.await();
    }

    /**
     * Stops accepting, lets exchanges under way finish up to the configured deadline, then ends all. Returns at once; a
     * second call changes nothing.
     */
    public void stop() {
        if (ending.begin()) {
            Thread.ofPlatform().name("weir-stop").start(this::shutDown);
        } else {
            // After a hand-over there is more time than for a stop.
            ending.drain().shorten(Drain.Profile.of(config.shutdown()));
        }
    }

    /** Stops without waiting for exchanges under way, also when it is stopping already. Returns at once. */
    void stopNow() {
        ending.drain().hurry();
        stop();
    }

    private void shutDown() {
        LOG.info(
                "stopping: requests under way have {} to finish",
                config.shutdown().deadline());
        ending.tell("stopping");
        ending.awaitChange();
        discovery.close();
        ending.drain().delay(config.shutdown().readinessDelay());
        serving.stopAccepting();
        ending.drain().run(Drain.Profile.of(config.shutdown()));
        end();
    }

    /**
     * Another process accepts in place of this one: what is under way here may go on for as long as an upgrade lets it,
     * then all ends. Returns at once.
     */
    void leave() {
        if (ending.begin()) {
            ending.awaitChange();
            serving.leave();
            port.leave();
            Thread.ofPlatform().name("weir-stop").start(() -> {
                ending.drain().run(Drain.Profile.of(config.upgrade()));
                end();
            });
        }
    }

    /** It could not start. */
    private void giveUp() {
        ending.begin();
        ending.awaitChange();
        end();
    }

    /** Cuts what is left and gives everything back. */
    private void end() {
        serving.close();
        discovery.close();
        port.close();
        ending.over();
    }
}
