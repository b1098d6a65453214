package dev.weir.tls;

import dev.weir.config.ListenerAcme;
import dev.weir.config.ListenerConfig;
import dev.weir.config.ListenerTls;
import dev.weir.config.PoolTls;
import dev.weir.config.WeirConfig;
import dev.weir.observe.Meters;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TLS of all listeners and pools of one configuration, and its renewal: their files are looked at every second, and when
 * they have changed and then stayed the same for a second, they are read and put in use. Files that do not fit together
 * change nothing but a counter and the log. Looking works where events do not: through chains of symbolic links, over
 * network file systems, in mounted volumes.
 */
public final class TlsKeeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TlsKeeper.class);
    private static final Duration WARN_EVERY = Duration.ofDays(1);
    /** Far longer than from a loop's reading of a context to the moment that its new engine holds it. */
    private static final Duration GRACE = Duration.ofSeconds(60);

    private final IdentityHashMap<ListenerConfig, ServerTls> listeners = new IdentityHashMap<>();
    private final Map<String, ClientTls> pools = new HashMap<>();
    private final List<Watch> watches = new ArrayList<>();
    private final ArrayDeque<Former> formers = new ArrayDeque<>();
    private Challenges challenges = new Challenges(List.of(), SslProvider.JDK);
    private @Nullable AcmeKeeper acme;
    private final OcspKeeper ocsp;
    private final InstantSource clock;
    private final Thread thread = Thread.ofVirtual().name("weir-certificates").unstarted(this::keepLooking);
    private Instant warned = Instant.MIN;
    private boolean closed;

    /** Files as they were when last read, well or not, and when last seen. */
    private static final class Watch {
        private final Renewable target;
        private final AtomicLong renewals = new AtomicLong();
        private final AtomicLong failures = new AtomicLong();
        private FileStamps tried;
        private FileStamps seen;

        Watch(Renewable target) {
            this.target = target;
            this.tried = target.stamps();
            this.seen = tried;
        }
    }

    /** A context out of use, and since when, as {@link System#nanoTime()} tells it. */
    private record Former(Object context, long since) {}

    private TlsKeeper(InstantSource clock) {
        this.clock = clock;
        this.ocsp = new OcspKeeper(
                this::asking, (certificate, issuer, now) -> OcspClient.fetch(certificate, issuer, now), clock);
    }

    /** The certificates for which answers of responders are fetched. */
    private List<CertifiedKey> asking() {
        return listeners.values().stream()
                .flatMap(listener -> listener.asking().stream())
                .toList();
    }

    /**
     * Reads all files that the configuration names. Blocks.
     *
     * @throws IOException with a sentence for the user
     */
    public static TlsKeeper open(WeirConfig config, Meters meters) throws IOException {
        return open(config, meters, Providers::best, InstantSource.system());
    }

    static TlsKeeper open(WeirConfig config, Meters meters, Supplier<SslProvider> provider, InstantSource clock)
            throws IOException {
        TlsKeeper keeper = new TlsKeeper(clock);
        try {
            keeper.load(config, provider);
        } catch (IOException failure) {
            keeper.release();
            throw failure;
        }
        keeper.offer(meters);
        return keeper;
    }

    private void load(WeirConfig config, Supplier<SslProvider> provider) throws IOException {
        List<ListenerAcme> ordered = config.listeners().stream()
                .map(ListenerConfig::tls)
                .filter(Objects::nonNull)
                .map(ListenerTls::acme)
                .filter(Objects::nonNull)
                .toList();
        if (!ordered.isEmpty()) {
            challenges = new Challenges(
                    ordered.stream()
                            .map(one -> AcmeStorage.of(one.storage(), one.directory()))
                            .distinct()
                            .toList(),
                    provider.get());
            acme = explained("acme", () -> AcmeKeeper.open(ordered, challenges, AcmeClient::order, clock));
        }
        for (ListenerConfig listener : config.listeners()) {
            ListenerTls tls = listener.tls();
            if (tls != null && (!tls.certificates().isEmpty() || tls.acme() != null)) {
                ServerTls opened = explained(
                        "listener " + listener.bind(),
                        () -> ServerTls.open(listener, tls, provider.get(), challenges, ocsp::answer));
                listeners.put(listener, opened);
                watches.add(new Watch(opened));
            }
        }
        for (var pool : config.pools().entrySet()) {
            PoolTls tls = pool.getValue().tls();
            if (tls != null) {
                String name = pool.getKey();
                ClientTls opened =
                        explained("pool " + name, () -> ClientTls.open(name, pool.getValue(), tls, provider.get()));
                pools.put(name, opened);
                watches.add(new Watch(opened));
            }
        }
    }

    @FunctionalInterface
    private interface Opening<T> {
        T open() throws IOException;
    }

    private static <T> T explained(String whose, Opening<T> opening) throws IOException {
        try {
            return opening.open();
        } catch (IOException failure) {
            throw new IOException(whose + ": " + failure.getMessage(), failure);
        }
    }

    /** TLS of a listener of the configuration, which is told by its identity; null when it ends none. */
    public @Nullable ServerTls listener(ListenerConfig listener) {
        return listeners.get(listener);
    }

    /** TLS with the servers of this pool; null for clear text. */
    public @Nullable ClientTls pool(String name) {
        return pools.get(name);
    }

    /** What authorities that ask over HTTP are answered; null when no certificate is ordered that way. */
    public @Nullable Challenges httpChallenges() {
        return acme != null && acme.proves(ListenerAcme.Challenge.HTTP_01) ? challenges : null;
    }

    /** Begins to look after the files, and to order certificates. The listeners have to accept by then. */
    public void start() {
        if (!watches.isEmpty()) {
            warnOfExpiry();
            thread.start();
        }
        if (acme != null) {
            acme.start();
        }
        if (listeners.keySet().stream().map(ListenerConfig::tls).anyMatch(tls -> tls != null && tls.fetchOcsp())) {
            ocsp.start();
        }
    }

    private void keepLooking() {
        try {
            while (true) {
                TimeUnit.SECONDS.sleep(1);
                look(System.nanoTime());
                if (acme != null) {
                    refreshChallenges();
                }
            }
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        }
    }

    /** One look at everything, at this {@link System#nanoTime()}. */
    synchronized void look(long now) {
        if (closed) {
            return;
        }
        for (Watch watch : watches) {
            watch.target.tick(now);
            FileStamps stamps = FileStamps.of(watch.target.files());
            if (!stamps.equals(watch.seen)) {
                watch.seen = stamps; // perhaps the certificate is there already and its key is not yet
            } else if (!stamps.equals(watch.tried) || watch.target.outdated()) {
                watch.tried = stamps;
                renew(watch, now);
            }
        }
        while (!formers.isEmpty() && now - formers.getFirst().since() > GRACE.toNanos()) {
            ReferenceCountUtil.release(formers.removeFirst().context());
        }
        warnOfExpiry();
    }

    private void refreshChallenges() {
        try {
            challenges.refresh();
        } catch (IOException unreadable) {
            LOG.debug("acme: the storage cannot be read: {}", unreadable.getMessage());
        }
    }

    private void renew(Watch watch, long now) {
        try {
            Object former = watch.target.renew();
            if (former != null) {
                formers.addLast(new Former(former, now));
            }
            watch.renewals.incrementAndGet();
            LOG.info("{}: renewed certificates, keys, authorities or OCSP answers are in use", watch.target.name());
            warned = Instant.MIN;
        } catch (IOException unusable) {
            watch.failures.incrementAndGet();
            LOG.warn("{}: its files have changed but stay out of use: {}", watch.target.name(), unusable.getMessage());
        }
    }

    private void warnOfExpiry() {
        Instant now = clock.instant();
        if (!warned.equals(Instant.MIN) && Duration.between(warned, now).compareTo(WARN_EVERY) < 0) {
            return;
        }
        warned = now;
        for (Watch watch : watches) {
            for (CertifiedKey one : watch.target.certificates()) {
                Duration left = Duration.between(now, one.expires());
                if (left.isNegative()) {
                    LOG.warn(
                            "{}: the certificate in {} has expired, at {}",
                            watch.target.name(),
                            one.file(),
                            one.expires());
                } else if (left.compareTo(one.renewalDue()) < 0) {
                    LOG.warn(
                            "{}: the certificate in {} expires in {} days, at {}",
                            watch.target.name(),
                            one.file(),
                            left.toDays(),
                            one.expires());
                }
            }
        }
    }

    private void offer(Meters meters) {
        if (watches.isEmpty()) {
            return;
        }
        meters.gauge(
                "weir_tls_certificate_expiry_seconds",
                "Seconds until a certificate in use expires; negative afterwards",
                List.of("used_by", "certificate"),
                samples -> watches.forEach(watch -> watch.target
                        .certificates()
                        .forEach(one -> samples.add(
                                Duration.between(clock.instant(), one.expires()).toSeconds(),
                                watch.target.name(),
                                one.file().toString()))));
        meters.counter(
                "weir_tls_renewals_total",
                "Changed files put in use (ok) or left out of use (failed), and orders of certificates that ended so",
                List.of("used_by", "outcome"),
                this::sampleRenewals);
    }

    private void sampleRenewals(Meters.Samples samples) {
        for (Watch watch : watches) {
            samples.add(watch.renewals.get(), watch.target.name(), "ok");
            samples.add(watch.failures.get(), watch.target.name(), "failed");
        }
        if (acme != null) {
            acme.sample(samples);
        }
    }

    /** Ends the watching and gives the contexts back; connections that are open keep theirs. */
    @Override
    public synchronized void close() {
        thread.interrupt();
        ocsp.close();
        if (acme != null) {
            acme.close();
        }
        if (!closed) {
            release();
        }
    }

    private void release() {
        closed = true;
        for (Watch watch : watches) {
            Object current = watch.target.current();
            if (current != null) {
                ReferenceCountUtil.release(current);
            }
        }
        formers.forEach(former -> ReferenceCountUtil.release(former.context()));
        formers.clear();
    }
}
