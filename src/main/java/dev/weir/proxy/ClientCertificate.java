package dev.weir.proxy;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.HexFormat;

/**
 * The certificate that a client has shown and that was verified.
 *
 * @param subject its distinguished name (RFC 4514), in printable ASCII: other characters are escaped as that RFC says
 * @param fingerprint the SHA-256 of its encoding, in 64 lower-case hexadecimal digits
 */
public record ClientCertificate(String subject, String fingerprint) {
    private static final HexFormat HEX = HexFormat.of();

    public static ClientCertificate of(X509Certificate certificate) throws CertificateEncodingException {
        String name = certificate.getSubjectX500Principal().getName();
        return new ClientCertificate(printable(name), HEX.formatHex(sha256(certificate.getEncoded())));
    }

    /** A name may hold anything; in a header field, a line end would begin another field. */
    private static String printable(String name) {
        StringBuilder text = new StringBuilder(name.length());
        for (byte octet : name.getBytes(StandardCharsets.UTF_8)) {
            if (octet >= ' ' && octet <= '~') {
                text.append((char) octet);
            } else {
                text.append('\\').append(HEX.toHexDigits(octet));
            }
        }
        return text.toString();
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException never) {
            throw new IllegalStateException("every Java has SHA-256", never);
        }
    }
}
