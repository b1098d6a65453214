package dev.weir.tls;

import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches answers of responders about the certificates in use (OCSP) and keeps each until the next one, or until it has run
 * out. On a virtual thread of its own; {@link ServerTls} asks for the answers from the control plane.
 */
final class OcspKeeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OcspKeeper.class);
    private static final Duration FIRST_PAUSE = Duration.ofMinutes(1);
    private static final Duration LONGEST_PAUSE = Duration.ofHours(1);
    /** A certificate that names no responder today will name none tomorrow. */
    private static final Duration WITHOUT_RESPONDER = Duration.ofDays(3650);

    private final Supplier<Iterable<CertifiedKey>> certificates;
    private final Responders responders;
    private final InstantSource clock;
    /** By certificate. Certificates that are out of use are removed. */
    private final Map<X509Certificate, Kept> kept = new ConcurrentHashMap<>();

    private final Thread thread = Thread.ofVirtual().name("weir-ocsp").unstarted(this::keep);
    private volatile boolean closed;

    /** Fetches an answer and verifies it; null when the certificate names no responder. */
    @FunctionalInterface
    interface Responders {
        @Nullable OcspAnswer fetch(X509Certificate certificate, X509Certificate issuer, Instant now)
                throws IOException, InterruptedException;
    }

    /**
     * What is known of one certificate.
     *
     * @param answer null before the first
     * @param due when the next one is fetched
     */
    private record Kept(@Nullable OcspAnswer answer, Instant due, int failuresInARow) {}

    /** @param certificates those in use for which answers are to be fetched */
    OcspKeeper(Supplier<Iterable<CertifiedKey>> certificates, Responders responders, InstantSource clock) {
        this.certificates = certificates;
        this.responders = responders;
        this.clock = clock;
    }

    void start() {
        thread.start();
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

    /** The answer that may be stapled now, in DER; empty when there is none. */
    byte[] answer(CertifiedKey pair) {
        Kept known = kept.get(pair.chain().getFirst());
        OcspAnswer answer = known == null ? null : known.answer();
        return answer == null || !answer.end().isAfter(clock.instant()) ? new byte[0] : answer.der();
    }

    /** Fetches what is due. */
    void look() throws InterruptedException {
        Set<X509Certificate> used = new HashSet<>();
        for (CertifiedKey pair : certificates.get()) {
            if (pair.chain().size() > 1 && used.add(pair.chain().getFirst())) {
                look(pair);
            }
        }
        kept.keySet().retainAll(used);
    }

    private void look(CertifiedKey pair) throws InterruptedException {
        X509Certificate certificate = pair.chain().getFirst();
        Kept known = kept.getOrDefault(certificate, new Kept(null, Instant.MIN, 0));
        Instant now = clock.instant();
        if (now.isBefore(known.due())) {
            return;
        }
        try {
            OcspAnswer answer = responders.fetch(certificate, pair.chain().get(1), now);
            kept.put(certificate, new Kept(answer, due(answer, now), 0));
        } catch (IOException failure) {
            kept.put(certificate, failed(pair, known, failure, now));
        }
    }

    private static Instant due(@Nullable OcspAnswer answer, Instant now) {
        if (answer == null) {
            return now.plus(WITHOUT_RESPONDER);
        }
        // A responder that renews late gives the same answer again.
        Instant soonest = now.plus(FIRST_PAUSE);
        return answer.renewal().isAfter(soonest) ? answer.renewal() : soonest;
    }

    private static Kept failed(CertifiedKey pair, Kept known, IOException failure, Instant now) {
        if (known.failuresInARow() == 0) {
            OcspAnswer former = known.answer();
            LOG.warn(
                    "no new OCSP answer about the certificate in {}: {}; {}, and it is tried again",
                    pair.file(),
                    failure.getMessage(),
                    former == null ? "none is stapled" : "the former one is stapled until " + former.end());
        }
        Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(known.failuresInARow(), 10));
        Instant due = now.plus(pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE);
        return new Kept(known.answer(), due, known.failuresInARow() + 1);
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
