package dev.weir.tls;

import dev.weir.config.ListenerAcme;
import dev.weir.observe.Meters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that each name of the configuration's {@code acme} sections has a certificate in the storage that has a third of
 * its life before it. It only writes files; {@link TlsKeeper} notices them, as it does when another Weir has written them.
 * One order after the other, on a virtual thread of its own.
 */
final class AcmeKeeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AcmeKeeper.class);
    /** How long a valid certificate is not looked at: another Weir, or a person, may have changed the storage. */
    private static final Duration REST = Duration.ofHours(1);
    /** How long another may need that has the lock. */
    private static final Duration WHILE_ANOTHER_ORDERS = Duration.ofSeconds(10);

    private final List<Name> names;
    private final Challenges challenges;
    private final Orders orders;
    private final InstantSource clock;
    private final Random random = new Random();
    private final Thread thread = Thread.ofVirtual().name("weir-acme").unstarted(this::keep);
    private volatile boolean closed;

    /** Orders one certificate and stores it. */
    @FunctionalInterface
    interface Orders {
        void order(String domain, ListenerAcme config, AcmeStorage storage, Challenges challenges)
                throws AcmeFailure, InterruptedException;
    }

    /** A name that is to have a certificate. */
    private static final class Name {
        private final String domain;
        private final ListenerAcme config;
        private final AcmeStorage storage;
        private final AtomicLong ordered = new AtomicLong();
        private final AtomicLong failed = new AtomicLong();
        private Instant due = Instant.MIN;
        private int failuresInARow;
        private AcmeFailure.@Nullable Kind told;

        Name(String domain, ListenerAcme config, AcmeStorage storage) {
            this.domain = domain;
            this.config = config;
            this.storage = storage;
        }
    }

    private AcmeKeeper(List<Name> names, Challenges challenges, Orders orders, InstantSource clock) {
        this.names = List.copyOf(names);
        this.challenges = challenges;
        this.orders = orders;
        this.clock = clock;
    }

    /**
     * Makes the folders. Blocks.
     *
     * @param sections of all listeners; a name that several have with the same authority and storage is ordered once
     * @throws IOException with a sentence for the user
     */
    static AcmeKeeper open(List<ListenerAcme> sections, Challenges challenges, Orders orders, InstantSource clock)
            throws IOException {
        Map<Path, Name> names = new LinkedHashMap<>();
        for (ListenerAcme section : sections) {
            AcmeStorage storage = AcmeStorage.of(section.storage(), section.directory());
            storage.prepare();
            for (String domain : section.domains()) {
                names.putIfAbsent(storage.certificate(domain), new Name(domain, section, storage));
            }
        }
        return new AcmeKeeper(List.copyOf(names.values()), challenges, orders, clock);
    }

    void start() {
        thread.start();
    }

    /** Whether this kind of challenge may come. */
    boolean proves(ListenerAcme.Challenge kind) {
        return names.stream().anyMatch(name -> name.config.challenge() == kind);
    }

    private void keep() {
        try {
            while (!closed) {
                look();
                TimeUnit.SECONDS.sleep(1);
            }
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        }
    }

    /** Orders what is due now. */
    void look() throws InterruptedException {
        for (Name name : names) {
            if (!closed && !clock.instant().isBefore(name.due)) {
                attend(name);
            }
        }
    }

    private void attend(Name name) throws InterruptedException {
        try {
            if (!rests(name) && !waits(name)) {
                order(name);
            }
        } catch (IOException refused) {
            failed(name, new AcmeFailure(AcmeFailure.Kind.STORAGE, AcmeStorage.reason(refused), null, refused));
        } catch (AcmeFailure failure) {
            if (!closed) {
                failed(name, failure);
            }
        } catch (RuntimeException defect) {
            LOG.error("acme: an order for {} failed unexpectedly", name.domain, defect);
            failed(name, new AcmeFailure(AcmeFailure.Kind.REFUSED, "see the error before this", null, defect));
        }
    }

    /** Whether the certificate in the storage is not to be renewed yet. */
    private boolean rests(Name name) {
        X509Certificate stored = stored(name);
        if (stored == null) {
            return false;
        }
        Instant now = clock.instant();
        Instant renewal = AcmePace.renewal(stored);
        if (!now.isBefore(renewal)) {
            return false;
        }
        name.due = renewal.isBefore(now.plus(REST)) ? renewal : now.plus(REST);
        name.failuresInARow = 0;
        name.told = null;
        return true;
    }

    private static @Nullable X509Certificate stored(Name name) {
        Path file = name.storage.certificate(name.domain);
        if (!Files.exists(file)) {
            return null;
        }
        try {
            CertifiedKey pair = CertifiedKey.read(file.toString(), file.toString());
            return pair.covers(name.domain) ? pair.chain().getFirst() : null;
        } catch (IOException broken) {
            LOG.warn("acme: {}; it is ordered anew", broken.getMessage());
            return null;
        }
    }

    /** Whether orders for the name have failed so often that the authority would count one more against it. */
    private boolean waits(Name name) throws IOException {
        Instant now = clock.instant();
        Instant allowed = AcmePace.allowed(now, name.storage.failures(name.domain, now));
        if (!allowed.isAfter(now)) {
            return false;
        }
        name.due = allowed;
        LOG.warn(
                "acme: {} orders for {} have failed within an hour; the next is tried at {}, since authorities lock out "
                        + "who tries more often",
                AcmePace.FAILURES_AN_HOUR,
                name.domain,
                allowed);
        return true;
    }

    private void order(Name name) throws AcmeFailure, IOException, InterruptedException {
        try (AcmeStorage.Lock lock = name.storage.lock()) {
            if (lock == null) {
                name.due = clock.instant().plus(WHILE_ANOTHER_ORDERS);
                return;
            }
            if (rests(name)) {
                return; // another has just been here
            }
            name.storage.removeStaleChallenges(clock.instant());
            LOG.info("acme: ordering a certificate for {} from {}", name.domain, name.config.directory());
            orders.order(name.domain, name.config, name.storage, challenges);
            succeeded(name);
        }
    }

    private void succeeded(Name name) throws IOException, AcmeFailure {
        X509Certificate stored = stored(name);
        if (stored == null || !rests(name)) {
            // Or else it would be ordered again at once, and again.
            String what = stored == null
                    ? "the authority issued a certificate for something else"
                    : "the authority issued a certificate that is to be renewed already; is this machine's clock right?";
            throw new AcmeFailure(AcmeFailure.Kind.REFUSED, what);
        }
        name.storage.forgetFailures(name.domain);
        name.ordered.incrementAndGet();
        LOG.info(
                "acme: the certificate for {} is valid until {} and will be renewed from {}",
                name.domain,
                stored.getNotAfter().toInstant(),
                AcmePace.renewal(stored).truncatedTo(ChronoUnit.SECONDS));
    }

    private void failed(Name name, AcmeFailure failure) {
        Instant now = clock.instant();
        name.failed.incrementAndGet();
        name.failuresInARow++;
        name.due = AcmePace.again(now, failure, name.failuresInARow, lastHour(name, failure, now), random);
        String inUse = Files.exists(name.storage.certificate(name.domain)) ? "renewed" : "ordered";
        if (failure.kind() == name.told) {
            LOG.debug("acme: {} again: {}; next at {}", name.domain, failure.getMessage(), name.due);
            return;
        }
        name.told = failure.kind();
        LOG.warn(
                "acme: the certificate for {} could not be {}: {}. It is tried again at {}, then less and less often",
                name.domain,
                inUse,
                failure.getMessage(),
                name.due.truncatedTo(ChronoUnit.SECONDS));
    }

    private static List<Instant> lastHour(Name name, AcmeFailure failure, Instant now) {
        if (failure.kind() == AcmeFailure.Kind.UNREACHABLE || failure.kind() == AcmeFailure.Kind.STORAGE) {
            return List.of();
        }
        try {
            name.storage.addFailure(name.domain, now);
            return name.storage.failures(name.domain, now);
        } catch (IOException unwritten) {
            return List.of(); // then the pauses of this process have to do
        }
    }

    /** Adds how often each name was ordered. */
    void sample(Meters.Samples samples) {
        for (Name name : names) {
            samples.add(name.ordered.get(), "acme " + name.domain, "ok");
            samples.add(name.failed.get(), "acme " + name.domain, "failed");
        }
    }

    /** An order under way is given up; the authority forgets it. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
