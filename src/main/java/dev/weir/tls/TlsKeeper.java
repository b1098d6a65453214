package dev.weir.tls;

import dev.weir.config.WeirConfig;
import dev.weir.observe.Meters;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
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

    /** Changed with the set, seldom; scrapes read it. */
    private final List<Watch> watches = new CopyOnWriteArrayList<>();

    private final ArrayDeque<Former> formers = new ArrayDeque<>();
    private final OcspKeeper ocsp;
    private final TlsSet.Makers makers;
    private volatile TlsSet set = TlsSet.NONE;
    private final InstantSource clock;
    private final Thread thread = Thread.ofVirtual().name("weir-certificates").unstarted(this::keepLooking);
    private Instant warned = Instant.MIN;
    private boolean started;
    private boolean looking;
    private boolean fetching;
    private @Nullable AcmeKeeper ordering;
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

    private TlsKeeper(Supplier<SslProvider> provider, InstantSource clock) {
        this.clock = clock;
        this.ocsp = new OcspKeeper(
                () -> set.asking(), (certificate, issuer, now) -> OcspClient.fetch(certificate, issuer, now), clock);
        this.makers = new TlsSet.Makers(provider, ocsp::answer, clock);
    }

    /** A keeper that has nothing to look after yet. */
    public static TlsKeeper open(Meters meters) {
        return open(meters, Providers::best, InstantSource.system());
    }

    static TlsKeeper open(Meters meters, Supplier<SslProvider> provider, InstantSource clock) {
        TlsKeeper keeper = new TlsKeeper(provider, clock);
        keeper.offer(meters);
        return keeper;
    }

    /**
     * Reads what another configuration needs that is not there yet. Nothing changes before it is {@link #adopt adopted};
     * one that is not is to be {@link #abandon abandoned}. Blocks.
     *
     * @throws IOException with a sentence for the user
     */
    public TlsSet prepare(WeirConfig config) throws IOException {
        return TlsSet.open(config, set, makers);
    }

    /** It will not be used. */
    public void abandon(TlsSet prepared) {
        prepared.release(set);
    }

    /** Looks after these from now on; loops may use what is left out for a moment longer. */
    public synchronized void adopt(TlsSet next) {
        TlsSet former = set;
        long now = System.nanoTime();
        for (Renewable gone : former.without(next)) {
            watches.removeIf(watch -> watch.target.equals(gone));
            Object context = gone.current();
            if (context != null) {
                formers.addLast(new Former(context, now));
            }
        }
        next.without(former).forEach(target -> watches.add(new Watch(target)));
        set = next;
        if (started) {
            look();
        }
        AcmeKeeper orders = former.acme();
        if (orders != null && orders != next.acme()) {
            orders.close();
        }
    }

    /** What is in use. */
    public TlsSet set() {
        return set;
    }

    /** The keys of session tickets by listener, for a process that takes over; without those that are in files. */
    public synchronized Map<String, byte[]> tickets() {
        Map<String, byte[]> tickets = new HashMap<>();
        for (ServerTls tls : set.serving()) {
            try {
                byte[] keys = tls.exportTickets(System.nanoTime());
                if (keys.length > 0) {
                    tickets.put(tls.bind(), keys);
                }
            } catch (IOException unreadable) {
                LOG.warn("{}: its session tickets end here: {}", tls.name(), unreadable.getMessage());
            }
        }
        return tickets;
    }

    /**
     * Goes on with the keys of the process before.
     *
     * @param bind the listener's address as configured
     */
    public synchronized void tickets(String bind, byte[] keys) {
        for (ServerTls tls : set.serving()) {
            try {
                if (tls.bind().equals(bind)) {
                    tls.adoptTickets(keys, System.nanoTime());
                }
            } catch (IOException unreadable) {
                LOG.warn("{}: session tickets begin anew: {}", tls.name(), unreadable.getMessage());
            }
        }
    }

    /** Begins to look after the files, and to order certificates. The listeners have to accept by then. */
    public synchronized void start() {
        started = true;
        look();
    }

    private void look() {
        if (!watches.isEmpty()) {
            warned = Instant.MIN;
            warnOfExpiry();
        }
        if (!watches.isEmpty() && !looking) {
            looking = true;
            thread.start();
        }
        AcmeKeeper orders = set.acme();
        if (orders != null && orders != ordering) {
            ordering = orders;
            orders.start();
        }
        if (set.fetchesOcsp() && !fetching) {
            fetching = true;
            ocsp.start();
        }
    }

    private void keepLooking() {
        try {
            while (true) {
                TimeUnit.SECONDS.sleep(1);
                look(System.nanoTime());
                if (set.acme() != null) {
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
            set.challenges().refresh();
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
        AcmeKeeper orders = set.acme();
        if (orders != null) {
            orders.sample(samples);
        }
    }

    /** Ends the watching and gives the contexts back; connections that are open keep theirs. */
    @Override
    public synchronized void close() {
        thread.interrupt();
        ocsp.close();
        AcmeKeeper orders = set.acme();
        if (orders != null) {
            orders.close();
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
