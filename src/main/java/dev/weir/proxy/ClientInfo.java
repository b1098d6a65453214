package dev.weir.proxy;

import dev.weir.config.ListenerConfig.Forwarding;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Who the client is and what servers are told of it; the same for all exchanges of a connection.
 *
 * <p>Confined to the connection's loop.
 */
public final class ClientInfo {
    private final String listener;
    private final String address;
    private final boolean trusted;
    private final String scheme;
    private final @Nullable ClientCertificate certificate;
    private final Forwarding forwarding;
    private byte[] certificateLines = {};
    private byte[] addressBytes = {};
    private byte[] forwardedLines = {};
    private byte[] forwardedPrefix = {};

    /**
     * @param listener the address that the client connected to, as configured
     * @param address the client's address as text, without port; empty when it has none (unix domain sockets)
     * @param trusted whether what the client says about forwarding is believed
     * @param scheme {@code http} or {@code https}
     * @param certificate what the client has shown, if anything
     */
    public ClientInfo(
            String listener,
            String address,
            boolean trusted,
            String scheme,
            @Nullable ClientCertificate certificate,
            Forwarding forwarding) {
        this.listener = listener;
        this.address = address;
        this.trusted = trusted;
        this.scheme = scheme;
        this.certificate = certificate;
        this.forwarding = forwarding;
    }

    String listener() {
        return listener;
    }

    String address() {
        return address;
    }

    boolean trusted() {
        return trusted;
    }

    String scheme() {
        return scheme;
    }

    Forwarding forwarding() {
        return forwarding;
    }

    @Nullable ClientCertificate certificate() {
        return certificate;
    }

    /** {@code X-Client-Cert-Subject} and {@code -Sha256}; empty without a certificate. */
    byte[] certificateLines() {
        if (certificate != null && certificateLines.length == 0) {
            certificateLines = ascii("X-Client-Cert-Subject: " + certificate.subject() + "\r\nX-Client-Cert-Sha256: "
                    + certificate.fingerprint() + "\r\n");
        }
        return certificateLines;
    }

    byte[] addressBytes() {
        if (addressBytes.length == 0) {
            addressBytes = ascii(address.isEmpty() ? "unknown" : address);
        }
        return addressBytes;
    }

    /** {@code X-Forwarded-For} and {@code -Proto} of an untrusted client: the same for all its requests. */
    byte[] forwardedLines() {
        if (forwardedLines.length == 0) {
            String known = address.isEmpty() ? "unknown" : address;
            forwardedLines = ascii("X-Forwarded-For: " + known + "\r\nX-Forwarded-Proto: " + scheme + "\r\n");
        }
        return forwardedLines;
    }

    /** This hop's element of {@code Forwarded} (RFC 7239 section 4) up to the host. */
    byte[] forwardedElement() {
        if (forwardedPrefix.length == 0) {
            String node = address.isEmpty() ? "unknown" : address.indexOf(':') >= 0 ? "\"[" + address + "]\"" : address;
            forwardedPrefix = ascii("for=" + node + ";proto=" + scheme);
        }
        return forwardedPrefix;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
