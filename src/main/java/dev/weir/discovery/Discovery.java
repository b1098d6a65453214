package dev.weir.discovery;

import static java.util.Objects.requireNonNull;

import dev.weir.config.Address;
import dev.weir.config.DiscoverConfig;
import dev.weir.config.PoolConfig;
import dev.weir.config.PoolConfig.ServerConfig;
import dev.weir.config.ResolverConfig;
import dev.weir.config.WeirConfig;
import dev.weir.observe.Meters;
import dev.weir.tls.Authorities;
import java.io.IOException;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sources of all pools: follows the configuration, so that each source that is written there runs once, and passes
 * their lists on. Control plane; its methods may be called by any thread.
 */
public final class Discovery implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Discovery.class);
    private static final Duration CONNECT = Duration.ofSeconds(2);
    private static final Duration LOOK = Duration.ofMillis(20);

    private final Lists lists;
    private final ExecutorService teller = Executors.newSingleThreadExecutor(
            Thread.ofVirtual().name("weir-discovery").factory());
    private final Map<Key, ServerSource> sources = new LinkedHashMap<>();
    private final Map<String, HttpClient> clients = new HashMap<>();
    private @Nullable Names names;
    private volatile Map<String, PoolConfig> pools = Map.of();

    /** Takes what sources have found. Called on one thread, in the order of events; may block. */
    public interface Lists {
        /**
         * A source has this list now, in place of its last one.
         *
         * @param source the label of the source, see {@link DiscoverConfig#label}
         */
        void discovered(String pool, String source, List<ServerConfig> servers);

        /** A source is no more. */
        void forgotten(String pool, String source);
    }

    private record Key(String pool, DiscoverConfig config) {}

    public Discovery(Lists lists) {
        this.lists = lists;
    }

    /**
     * From now on the sources of this configuration run and no others; those that did already go on undisturbed. What
     * follows from it is told later.
     */
    public synchronized void follow(WeirConfig config) {
        pools = config.pools();
        Set<Key> wanted = new LinkedHashSet<>();
        config.pools().forEach((name, pool) -> pool.discover().forEach(source -> wanted.add(new Key(name, source))));
        boolean asksAnew = names != null && !names.config().equals(config.resolver());
        for (Key key : List.copyOf(sources.keySet())) {
            if (!wanted.contains(key) || (asksAnew && isDns(key.config()))) {
                requireNonNull(sources.remove(key)).close();
                forget(key, wanted);
            }
        }
        if (asksAnew) {
            closeNames();
        }
        wanted.forEach(key -> begin(key, config.resolver()));
    }

    /** A source of the same label that takes its place has the list for its own until it finds another. */
    private void forget(Key key, Set<Key> wanted) {
        String label = key.config().label();
        boolean replaced = wanted.stream()
                .anyMatch(other -> other.pool().equals(key.pool())
                        && other.config().label().equals(label));
        if (!replaced) {
            later(() -> lists.forgotten(key.pool(), label));
        }
    }

    private static boolean isDns(DiscoverConfig config) {
        return !config.dns().isEmpty() || !config.srv().isEmpty();
    }

    private void begin(Key key, ResolverConfig resolver) {
        if (!sources.containsKey(key)) {
            ServerSource source = source(key, resolver);
            sources.put(key, source);
            source.start(servers -> later(() -> tell(key, source, servers)));
        }
    }

    /** What is told goes by one thread; once this is closed nobody is told any more. */
    private void later(Runnable telling) {
        try {
            teller.execute(telling);
        } catch (RejectedExecutionException closed) {
            LOG.debug("a list that was found when it was over is left out");
        }
    }

    private void tell(Key key, ServerSource source, List<ServerConfig> servers) {
        synchronized (this) {
            if (!source.equals(sources.get(key))) {
                return; // it has ended meanwhile
            }
        }
        lists.discovered(key.pool(), key.config().label(), servers);
    }

    private ServerSource source(Key key, ResolverConfig resolver) {
        DiscoverConfig config = key.config();
        SourceState state = new SourceState(key.pool(), config.label(), InstantSource.system());
        if (config.http() != null) {
            HttpQuestion question = new HttpQuestion(config.http(), () -> pool(key.pool()), this::client);
            return new AskedSource("http", question, state, HttpQuestion.PACE);
        }
        if (config.etcd() != null) {
            return new EtcdSource(config.etcd(), () -> pool(key.pool()), state);
        }
        if (!config.file().isEmpty()) {
            return new FileSource(config.file(), () -> pool(key.pool()), state);
        }
        if (names == null) {
            names = new Names(resolver);
        }
        DnsQuestion question = config.srv().isEmpty()
                ? DnsQuestion.addresses(names, config.dns())
                : DnsQuestion.services(names, config.srv());
        return new AskedSource("dns", question, state, DnsQuestion.pace(resolver));
    }

    /** The pool as it is configured now; the last moments of a source of a pool that is gone need one too. */
    private PoolConfig pool(String name) {
        PoolConfig pool = pools.get(name);
        return pool == null ? PoolConfig.of(List.of()) : pool;
    }

    private synchronized HttpClient client(String ca) throws IOException {
        HttpClient known = clients.get(ca);
        if (known == null) {
            known = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(CONNECT)
                    .sslContext(Authorities.trusting(ca))
                    .build();
            clients.put(ca, known);
        }
        return known;
    }

    /**
     * Waits until each source has found something, which has then been told, or has failed. Not longer than this: false
     * when some has done neither.
     */
    public boolean awaitFirst(Duration most) throws InterruptedException {
        long end = System.nanoTime() + most.toNanos();
        while (reports().stream().anyMatch(report -> report.outcome() == null)) {
            if (System.nanoTime() - end > 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
        }
        CountDownLatch told = new CountDownLatch(1);
        later(told::countDown);
        return told.await(most.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** A server of a pool cannot be reached: the sources that have it look again. Does not block. */
    public void doubt(String pool, Address server) {
        for (ServerSource source : of(pool)) {
            source.doubt(server);
        }
    }

    /** How the sources of a pool stand, in the order of the configuration. */
    public List<SourceReport> reports(String pool) {
        return of(pool).stream().map(ServerSource::report).toList();
    }

    /** The same of all pools. */
    public List<SourceReport> reports() {
        List<ServerSource> all;
        synchronized (this) {
            all = List.copyOf(sources.values());
        }
        return all.stream().map(ServerSource::report).toList();
    }

    private synchronized List<ServerSource> of(String pool) {
        List<ServerSource> found = new ArrayList<>();
        pool(pool).discover().forEach(config -> {
            ServerSource source = sources.get(new Key(pool, config));
            if (source != null) {
                found.add(source);
            }
        });
        return found;
    }

    /** Offers the numbers of all sources. */
    public void offer(Meters meters) {
        List<String> labels = List.of("pool", "source");
        meters.gauge(
                "weir_discovery_servers",
                "Servers that a source has found",
                labels,
                samples -> reports().forEach(each -> samples.add(each.servers(), each.pool(), each.source())));
        meters.counter(
                "weir_discovery_updates_total",
                "Looks at a source by their outcome",
                List.of("pool", "source", "outcome"),
                samples -> reports()
                        .forEach(each -> each.updates()
                                .forEach((outcome, count) ->
                                        samples.add(count.longValue(), each.pool(), each.source(), outcome.id()))));
        meters.gauge(
                "weir_discovery_last_success_timestamp_seconds",
                "When a look at a source last succeeded",
                labels,
                samples -> reports().forEach(each -> {
                    if (each.succeeded() != null) {
                        samples.add(each.succeeded().toEpochMilli() / 1000.0, each.pool(), each.source());
                    }
                }));
    }

    private void closeNames() {
        if (names != null) {
            names.close();
            names = null;
        }
    }

    @Override
    public synchronized void close() {
        sources.values().forEach(ServerSource::close);
        sources.clear();
        closeNames();
        clients.values().forEach(HttpClient::shutdownNow);
        clients.clear();
        teller.shutdownNow();
    }
}
