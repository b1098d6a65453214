package dev.weir.tls;

import io.netty.handler.ssl.SslHandler;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * The certificate that a client showed and that was verified.
 *
 * @param subject its name (RFC 4514), in visible ASCII without double quotes
 * @param fingerprint the SHA-256 of it in lower-case hex
 */
public record PeerCertificate(String subject, String fingerprint) {
    /** What the other side showed in a handshake that has ended well; null when it showed none. */
    public static @Nullable PeerCertificate of(SslHandler handler) {
        try {
            Certificate[] shown = handler.engine().getSession().getPeerCertificates();
            return shown.length > 0 && shown[0] instanceof X509Certificate own ? of(own) : null;
        } catch (SSLPeerUnverifiedException none) {
            return null;
        }
    }

    private static PeerCertificate of(X509Certificate shown) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(shown.getEncoded());
            String name = shown.getSubjectX500Principal().getName(X500Principal.RFC2253);
            return new PeerCertificate(visible(name), HexFormat.of().formatHex(digest));
        } catch (NoSuchAlgorithmException | CertificateEncodingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Anything else as RFC 4514 section 2.4 lets it be written: a backslash and two hex digits for each byte. */
    private static String visible(String name) {
        StringBuilder visible = new StringBuilder();
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            if (b >= ' ' && b < 0x7F && b != '"') {
                visible.append((char) b);
            } else if (b == '"' && visible.length() > 0 && visible.charAt(visible.length() - 1) == '\\') {
                visible.append("22");
            } else {
                visible.append('\\').append(HexFormat.of().toHexDigits(b));
            }
        }
        return visible.toString();
    }
}
