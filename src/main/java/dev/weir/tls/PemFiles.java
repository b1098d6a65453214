package dev.weir.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Files of certificates. Blocks; every failure is an {@link IOException} with a sentence for the user. */
final class PemFiles {
    /** No list of authorities comes near. */
    private static final long LONGEST = 16 << 20;

    /** What HMAC with SHA-256 demands (RFC 7518 section 3.2). */
    private static final int SHORTEST_SHARED_KEY = 32;

    private static final Pattern CERTIFICATE =
            Pattern.compile("-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----");

    private PemFiles() {}

    /** All certificates of a file in their order, at least one. */
    static List<X509Certificate> certificates(Path file) throws IOException {
        byte[] bytes = withoutKeys(bytes(file));
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

    /** Java stumbles over a private key among the certificates, which other programs want there. */
    private static byte[] withoutKeys(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        if (!text.contains("PRIVATE KEY-----") || !text.contains("-----BEGIN CERTIFICATE-----")) {
            return bytes;
        }
        StringBuilder certificates = new StringBuilder();
        Matcher block = CERTIFICATE.matcher(text);
        while (block.find()) {
            certificates.append(block.group()).append('\n');
        }
        return certificates.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    /** A secret that an authority shares with its customer, in base64url as it came. */
    static String sharedKey(Path file) throws IOException {
        String text = new String(bytes(file), StandardCharsets.ISO_8859_1).strip();
        try {
            if (Base64.getUrlDecoder().decode(text).length >= SHORTEST_SHARED_KEY) {
                return text;
            }
        } catch (IllegalArgumentException _) {
            // Said below.
        }
        throw new IOException(file + " holds no key of at least " + SHORTEST_SHARED_KEY
                + " bytes in base64url (letters, digits, '-' and '_'), as the authority gives it");
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
