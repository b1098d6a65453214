package dev.weir.tls;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** Whom Weir itself trusts as a client: of an ACME authority, of what it discovers servers from. Control plane. */
public final class Authorities {
    private Authorities() {}

    /**
     * For connections whose other side is verified. Blocks.
     *
     * @param ca the file with the authorities in PEM; empty for those of the system
     * @throws IOException with a sentence for the user
     */
    public static SSLContext trusting(String ca) throws IOException {
        List<X509Certificate> authorities =
                ca.isEmpty() ? SystemAuthorities.read() : PemFiles.certificates(Path.of(ca));
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, verifiers(authorities), null);
            return context;
        } catch (GeneralSecurityException unusable) {
            String which = ca.isEmpty() ? "the system's authorities" : "the authorities in " + ca;
            throw new IOException(which + " cannot be used: " + unusable, unusable);
        }
    }

    /** The JDK's own, who believe these authorities and no others. */
    static TrustManager[] verifiers(List<X509Certificate> authorities) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        for (int i = 0; i < authorities.size(); i++) {
            store.setCertificateEntry(Integer.toString(i), authorities.get(i));
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        return managers.getTrustManagers();
    }
}
