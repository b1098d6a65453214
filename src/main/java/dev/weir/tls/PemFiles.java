package dev.weir.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;

/** Files of certificates. Blocks; every failure is an {@link IOException} with a sentence for the user. */
final class PemFiles {
    /** No list of authorities comes near. */
    private static final long LONGEST = 16 << 20;

    private PemFiles() {}

    /** All certificates of a file in their order, at least one. */
    static List<X509Certificate> certificates(Path file) throws IOException {
        byte[] bytes = bytes(file);
        try {
            List<X509Certificate> found =
                    CertificateFactory.getInstance("X.509")
                            .generateCertificates(new ByteArrayInputStream(bytes))
                            .stream()
                            .map(X509Certificate.class::cast)
                            .toList();
            if (found.isEmpty()) {
                throw new IOException(file + " holds no certificate in PEM");
            }
            return found;
        } catch (CertificateException broken) {
            throw new IOException("the certificates in " + file + " cannot be read", broken);
        }
    }

    static byte[] bytes(Path file) throws IOException {
        try {
            if (Files.size(file) > LONGEST) {
                throw new IOException(file + " is too long for what it should hold");
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException _) {
            throw new IOException("there is no file " + file);
        } catch (AccessDeniedException _) {
            throw new IOException("no permission to read " + file);
        }
    }
}
