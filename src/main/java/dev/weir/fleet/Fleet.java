package dev.weir.fleet;

import dev.weir.config.ConfigProblem;
import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import dev.weir.config.WeirConfig;
import dev.weir.control.Overlay;
import dev.weir.control.Reloader;
import dev.weir.control.StateStore;
import dev.weir.control.StateStore.Saved;
import dev.weir.etcd.EtcdClient;
import dev.weir.etcd.EtcdFailure;
import dev.weir.etcd.EtcdMirror;
import dev.weir.etcd.KeyValue;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This Weir as one of several on one configuration. The configuration and what the admin API has changed of it stand in
 * etcd; each instance follows both, and shows what it runs. etcd decides who was first; the instances know nothing of each
 * other. While etcd cannot be reached, what holds goes on, and a start takes the copy that this machine has kept.
 */
public final class Fleet implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Fleet.class);
    /** How long a watch may be silent before it is compared with what is there. */
    private static final Duration AUDIT = Duration.ofSeconds(15);

    private final FleetAddress address;
    private final EtcdClient client;
    private final LocalCopy copy;
    private final FleetStore store;
    private final WeirConfig first;
    private final Following config = new Following("the configuration", this::configChanged);
    private final Following state = new Following("what the admin API changed", this::stateChanged);
    private @Nullable EtcdMirror configMirror;
    private @Nullable EtcdMirror stateMirror;
    private @Nullable Registration registration;
    private @Nullable Reloader reloader;
    /** What is on this machine's disk, or is to be there next; guarded by this. */
    private LocalCopy.Content kept;

    private volatile KeyValue current;
    /** Guarded by this. */
    private boolean closed;

    private Fleet(FleetAddress address, EtcdClient client, LocalCopy copy, Beginning beginning) {
        this.address = address;
        this.client = client;
        this.copy = copy;
        this.first = beginning.config();
        this.kept = beginning.content();
        this.current = new KeyValue(address.configKey(), kept.config(), kept.revision(), 0);
        this.store = new FleetStore(client, address.stateKey(), beginning.saved());
    }

    /** What there is to start with. */
    private record Beginning(WeirConfig config, LocalCopy.Content content, Saved saved) {}

    /**
     * Reads what to start with, from etcd or else from this machine's copy.
     *
     * @param environment for the user and the authorities of etcd, and the place of the copy
     * @throws IOException when neither has a sound configuration; the message is a sentence for the user
     */
    public static Fleet join(FleetAddress address, Map<String, String> environment)
            throws IOException, InterruptedException {
        EtcdClient client = address.client(environment);
        LocalCopy copy = LocalCopy.of(address, environment);
        Beginning beginning;
        try {
            beginning = ofEtcd(address, client);
        } catch (IOException failure) {
            beginning = ofCopy(address, copy, failure);
        }
        if (!beginning.config().stateFile().isEmpty()) {
            LOG.warn("fleet: 'state-file' means nothing here: what the admin API changes is kept in etcd");
        }
        return new Fleet(address, client, copy, beginning);
    }

    private static Beginning ofEtcd(FleetAddress address, EtcdClient client) throws IOException, InterruptedException {
        List<KeyValue> configs = client.get(address.configKey()).keys();
        List<KeyValue> states = client.get(address.stateKey()).keys();
        if (configs.isEmpty()) {
            throw new IOException("there is no configuration at " + address.configKey() + " in etcd");
        }
        KeyValue config = configs.getFirst();
        KeyValue state = states.isEmpty() ? null : states.getFirst();
        return beginning(new LocalCopy.Content(
                config.value(),
                config.revision(),
                state == null ? "" : state.value(),
                state == null ? 0 : state.revision()));
    }

    private static Beginning beginning(LocalCopy.Content content) throws IOException {
        WeirConfig config = sound(read(content.config(), content.revision()));
        Saved saved = content.state().isEmpty()
                ? new Saved(Overlay.NONE, content.stateRevision())
                : FleetStore.read(new KeyValue("state", content.state(), content.stateRevision(), 0));
        return new Beginning(config, content, saved);
    }

    private static Beginning ofCopy(FleetAddress address, LocalCopy copy, IOException failure) throws IOException {
        LocalCopy.Content content = copy.read();
        if (content == null) {
            boolean absent = !(failure instanceof EtcdFailure);
            String hint = absent
                    ? "put one there with 'weir config push FILE --to " + address + "'"
                    : "there is no copy of the configuration in " + copy.file() + " either";
            throw new IOException(failure.getMessage() + "; " + hint, failure);
        }
        LOG.warn(
                "fleet: {}; it starts with the copy of revision {} in {}",
                failure.getMessage(),
                content.revision(),
                copy.file());
        return beginning(content);
    }

    private static ConfigResult read(String text, long revision) {
        return ConfigReader.read("etcd revision " + revision, text);
    }

    private static WeirConfig sound(ConfigResult result) throws IOException {
        return switch (result) {
            case ConfigResult.Sound sound -> sound.config();
            case ConfigResult.Faulty faulty -> {
                ConfigProblem problem = faulty.problems().getFirst();
                throw new IOException("the configuration in etcd is faulty: " + problem.message());
            }
        };
    }

    /** The configuration to start with. */
    public WeirConfig config() {
        return first;
    }

    /** Which one that is. */
    public String version() {
        return version(current);
    }

    private static String version(KeyValue config) {
        return "revision " + config.revision();
    }

    /** Where changes by the admin API are kept. */
    public StateStore store() {
        return store;
    }

    /** What a reload reads: what etcd last told of. */
    public Reloader.Source source() {
        return () -> new Reloader.Read(read(current.value(), current.revision()), version(current));
    }

    /**
     * Follows both from now on, and shows this instance to whoever asks for the fleet.
     *
     * @param admin the address of the admin port; empty without one
     */
    public synchronized void follow(Reloader reloads, String version, String admin) {
        if (closed) {
            return;
        }
        reloader = reloads;
        copy.write(kept);
        Instant now = Instant.now();
        long pid = ProcessHandle.current().pid();
        String host = host();
        // Containers have the number 1 each, and may share the name of their host.
        String id = host + "-" + pid + "-" + Integer.toString(new SecureRandom().nextInt(0x1000, 0x10000), 16);
        Instance self = new Instance(id, host, pid, version, now, admin, kept.revision(), "applied", "", now);
        Registration shown = new Registration(client, address.instancesPrefix(), self);
        registration = shown;
        shown.start();
        configMirror = mirror(address.configKey(), config);
        stateMirror = mirror(address.stateKey(), state);
    }

    private EtcdMirror mirror(String key, Following listener) {
        EtcdMirror mirror = new EtcdMirror(client, key, AUDIT, Duration.ZERO, listener);
        listener.key = key;
        mirror.start();
        return mirror;
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException nameless) {
            return "localhost";
        }
    }

    /** One key that is followed; what is new of it is told. */
    private static final class Following implements EtcdMirror.Listener {
        private final String what;
        private final Consumer<KeyValue> changed;
        private String key = "";
        private long seen;
        private boolean failing;

        Following(String what, Consumer<KeyValue> changed) {
            this.what = what;
            this.changed = changed;
        }

        @Override
        public void present(SortedMap<String, KeyValue> keys) {
            if (failing) {
                failing = false;
                LOG.warn("fleet: {} is followed again", what);
            }
            KeyValue now = keys.get(key);
            if (now != null && now.revision() != seen) {
                seen = now.revision();
                changed.accept(now);
            } else if (now == null && seen != 0) {
                seen = 0;
                LOG.warn("fleet: {} is not in etcd any more; what holds goes on", what);
            }
        }

        @Override
        public void failed(String why) {
            if (!failing) {
                failing = true;
                LOG.warn("fleet: {} cannot be followed: {}; what holds goes on", what, why);
            }
        }
    }

    private void configChanged(KeyValue now) {
        Reloader reloads = reloader;
        Registration shown = registration;
        if (reloads == null || shown == null || now.equals(current)) {
            return;
        }
        current = now;
        Reloader.Report report = reloads.reload("etcd " + version(now));
        boolean refused = report.outcome() == Reloader.Outcome.REFUSED;
        Instance self = shown.instance();
        if (refused) {
            shown.change(self.with(self.revision(), "refused", brief(report.problems()), Instant.now()));
        } else {
            shown.change(self.with(now.revision(), "applied", "", Instant.now()));
            keep(before -> new LocalCopy.Content(now.value(), now.revision(), before.state(), before.stateRevision()));
        }
    }

    /** The first, and how many more there are in the log. */
    private static String brief(List<String> problems) {
        if (problems.isEmpty()) {
            return "";
        }
        int more = problems.size() - 1;
        return problems.getFirst() + (more == 0 ? "" : " (and " + more + " more)");
    }

    private void stateChanged(KeyValue now) {
        try {
            store.changed(now);
            keep(before -> new LocalCopy.Content(before.config(), before.revision(), now.value(), now.revision()));
        } catch (IOException damaged) {
            LOG.warn("fleet: {}; what holds goes on", damaged.getMessage());
        }
    }

    private synchronized void keep(UnaryOperator<LocalCopy.Content> change) {
        LocalCopy.Content next = change.apply(kept);
        if (!next.equals(kept)) {
            kept = next;
            copy.write(next);
        }
    }

    /** Ends it: the instance goes from the list at once, if etcd can be reached. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        for (EtcdMirror mirror : new EtcdMirror[] {configMirror, stateMirror}) {
            if (mirror != null) {
                mirror.close();
            }
        }
        if (registration != null) {
            registration.close();
        }
    }
}
