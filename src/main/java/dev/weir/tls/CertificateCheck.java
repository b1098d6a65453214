package dev.weir.tls;

import dev.weir.config.ConfigPlaces;
import dev.weir.config.ConfigProblem;
import dev.weir.config.ConfigResult;
import dev.weir.config.ListenerAcme;
import dev.weir.config.ListenerConfig;
import dev.weir.config.ListenerTls;
import dev.weir.config.PoolConfig;
import dev.weir.config.PoolTls;
import dev.weir.config.RouteConfig;
import dev.weir.config.WeirConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the files that a configuration names for TLS: whether they can be read, keys belong to certificates, chains are
 * in order, nothing has expired, and the names that routes are for have a certificate. Blocks; for one thread.
 */
public final class CertificateCheck {
    private final WeirConfig config;
    private final ConfigPlaces places;
    private final Instant now;
    private final List<ConfigProblem> errors = new ArrayList<>();
    private final List<ConfigProblem> warnings = new ArrayList<>();
    private final List<CertifiedKey> shown = new ArrayList<>();
    private final Set<String> ordered = new HashSet<>();

    private CertificateCheck(ConfigResult.Sound sound, Instant now) {
        this.config = sound.config();
        this.places = sound.places();
        this.now = now;
    }

    /** Checks all files of a configuration. */
    public static CertificateCheck of(ConfigResult.Sound sound, Instant now) {
        CertificateCheck check = new CertificateCheck(sound, now);
        for (ListenerConfig listener : check.config.listeners()) {
            if (listener.tls() != null) {
                check.listener(listener.tls());
            }
        }
        for (PoolConfig pool : check.config.pools().values()) {
            if (pool.tls() != null) {
                check.pool(pool.tls());
            }
        }
        check.routes();
        return check;
    }

    /** With these Weir would not start, or would serve what clients refuse. */
    public List<ConfigProblem> errors() {
        return List.copyOf(errors);
    }

    public List<ConfigProblem> warnings() {
        return List.copyOf(warnings);
    }

    private void listener(ListenerTls tls) {
        Set<String> taken = new HashSet<>();
        for (ListenerTls.Certificate files : tls.certificates()) {
            CertifiedKey pair = pair(files, files.cert(), files.key());
            if (!files.ocsp().isEmpty()) {
                check(files, "ocsp", () -> PemFiles.bytes(Path.of(files.ocsp())));
            }
            if (pair != null) {
                shown.add(pair);
                warnOfUseless(files, pair, taken);
            }
        }
        if (tls.acme() != null) {
            acme(tls.acme());
        }
        ListenerTls.ClientCertificates clients = tls.clientCertificates();
        if (!clients.ca().isEmpty()) {
            check(clients, "ca", () -> PemFiles.certificates(Path.of(clients.ca())));
        }
        for (String file : tls.tickets().keyFiles()) {
            check(tls.tickets(), "key-files", () -> TicketKeys.read(List.of(Path.of(file)), new byte[0]));
        }
    }

    private void acme(ListenerAcme acme) {
        ordered.addAll(acme.domains());
        check(acme, "storage", () -> {
            AcmeStorage.verifyWritable(
                    AcmeStorage.of(acme.storage(), acme.directory()).folder());
            return acme;
        });
        if (!acme.ca().isEmpty()) {
            check(acme, "ca", () -> PemFiles.certificates(Path.of(acme.ca())));
        }
        ListenerAcme.ExternalAccount external = acme.externalAccount();
        if (external != null) {
            check(external, "key-file", () -> PemFiles.sharedKey(Path.of(external.keyFile())));
        }
    }

    private void pool(PoolTls tls) {
        if (!tls.ca().isEmpty()) {
            check(tls, "ca", () -> PemFiles.certificates(Path.of(tls.ca())));
        }
        PoolTls.ClientCertificate own = tls.certificate();
        if (own != null) {
            pair(own, own.cert(), own.key());
        }
    }

    /** A pair of files; null when it is unusable, which has then been said. */
    private @Nullable CertifiedKey pair(Record section, String cert, String key) {
        List<X509Certificate> chain = check(section, "cert", () -> PemFiles.certificates(Path.of(cert)));
        PrivateKey secret = check(section, "key", () -> PrivateKeys.read(Path.of(key)));
        if (chain == null || secret == null) {
            return null;
        }
        CertifiedKey pair = check(section, "key", () -> CertifiedKey.read(cert, key));
        if (pair != null) {
            checkChain(section, pair);
        }
        return pair;
    }

    private void checkChain(Record section, CertifiedKey pair) {
        String disorder = pair.disorder();
        if (disorder != null) {
            String hint = "the certificate comes first, then the one that signed it, and so on";
            error(section, "cert", "the chain in " + pair.file() + " is not in order: " + disorder, hint);
        }
        Duration left = Duration.between(now, pair.expires());
        Instant begins = pair.chain().getFirst().getNotBefore().toInstant();
        if (left.isNegative()) {
            error(section, "cert", "the certificate in " + pair.file() + " has expired, at " + pair.expires(), "");
        } else if (begins.isAfter(now)) {
            error(section, "cert", "the certificate in " + pair.file() + " is not valid before " + begins, "");
        } else if (left.compareTo(pair.renewalDue()) < 0) {
            String found = "the certificate in " + pair.file() + " expires at " + pair.expires();
            warnings.add(places.problem(section, "cert", found, "renew it"));
        }
    }

    private void warnOfUseless(Record section, CertifiedKey pair, Set<String> taken) {
        boolean useful = pair.names().isEmpty();
        for (String name : pair.names()) {
            useful |= taken.add(pair.kind() + " " + name);
        }
        if (!useful) {
            String found = "the certificate in " + pair.file() + " is shown to nobody";
            warnings.add(places.problem(section, "cert", found, "others before it have its names and kind of key"));
        }
    }

    private void routes() {
        if (shown.isEmpty() && ordered.isEmpty()) {
            return;
        }
        for (RouteConfig route : config.routes()) {
            String host = route.match().host();
            if (!host.isEmpty() && !ordered.contains(host) && shown.stream().noneMatch(pair -> pair.covers(host))) {
                String found = "no certificate is for the host " + host;
                warnings.add(places.problem(route.match(), "host", found, ""));
            }
        }
    }

    @FunctionalInterface
    private interface Reading<T> {
        T read() throws IOException;
    }

    private <T> @Nullable T check(Record section, String key, Reading<T> reading) {
        try {
            return reading.read();
        } catch (IOException unusable) {
            error(section, key, String.valueOf(unusable.getMessage()), "");
            return null;
        }
    }

    private void error(Record section, String key, String found, String hint) {
        errors.add(places.problem(section, key, found, hint));
    }
}
