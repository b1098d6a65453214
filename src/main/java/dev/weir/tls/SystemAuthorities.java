package dev.weir.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** Whom the system trusts: the bundle that its distribution keeps, to which an administrator adds; else the JDK's. */
final class SystemAuthorities {
    private static final List<Path> BUNDLES = List.of(
            Path.of("/etc/ssl/certs/ca-certificates.crt"), // Debian, Ubuntu, Alpine
            Path.of("/etc/pki/tls/certs/ca-bundle.crt"), // Fedora, RHEL
            Path.of("/etc/ssl/ca-bundle.pem"), // openSUSE
            Path.of("/etc/ssl/cert.pem")); // macOS, BSD

    private SystemAuthorities() {}

    /** Reads them. Blocks. */
    static List<X509Certificate> read() throws IOException {
        for (Path bundle : BUNDLES) {
            if (Files.isReadable(bundle)) {
                return PemFiles.certificates(bundle);
            }
        }
        try {
            TrustManagerFactory jdk = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            jdk.init((KeyStore) null);
            return Arrays.stream(jdk.getTrustManagers())
                    .filter(X509TrustManager.class::isInstance)
                    .flatMap(manager -> Arrays.stream(((X509TrustManager) manager).getAcceptedIssuers()))
                    .toList();
        } catch (GeneralSecurityException unusable) {
            throw new IOException("the JDK's authorities cannot be read: " + unusable.getMessage(), unusable);
        }
    }
}
