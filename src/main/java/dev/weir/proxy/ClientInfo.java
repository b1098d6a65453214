package dev.weir.proxy;

import dev.weir.config.ListenerConfig.Forwarding;
import dev.weir.upstream.ClientEndpoints;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Who the client is and what servers are told of it; the same for all exchanges of a connection.
 *
 * <p>Confined to the connection's loop.
 */
public final class ClientInfo {
    private final ListenerInfo listener;
    private final String address;
    private final boolean trusted;
    private final @Nullable ClientCertificate certificate;
    private boolean http2;
    private byte[] certificateLine = {};
    private @Nullable ClientEndpoints endpoints;
    private byte[] addressBytes = {};
    private byte[] forwardedLines = {};
    private byte[] forwardedPrefix = {};

    /**
     * @param address the client's address as text, without port; empty when it has none (unix domain sockets)
     * @param trusted whether what the client says about forwarding is believed
     * @param certificate what the client has shown, if anything
     */
    public ClientInfo(ListenerInfo listener, String address, boolean trusted, @Nullable ClientCertificate certificate) {
        this.listener = listener;
        this.address = address;
        this.trusted = trusted;
        this.certificate = certificate;
    }

    /** The same client, which has shown this certificate. */
    public ClientInfo with(ClientCertificate shown) {
        ClientInfo same = new ClientInfo(listener, address, trusted, shown);
        same.endpoints = endpoints;
        return same;
    }

    /** The same client, which speaks to Weir between these two addresses. */
    public ClientInfo between(SocketAddress source, SocketAddress destination) {
        endpoints = new ClientEndpoints(source, destination);
        return this;
    }

    /** Between which addresses the client speaks to Weir; null when that was not said. */
    @Nullable ClientEndpoints endpoints() {
        return endpoints;
    }

    /** The connection speaks HTTP/2. */
    public void speaksHttp2() {
        http2 = true;
    }

    boolean http2() {
        return http2;
    }

    String listener() {
        return listener.name();
    }

    /** As text, without port; empty when it has none. */
    public String address() {
        return address;
    }

    boolean trusted() {
        return trusted;
    }

    String scheme() {
        return listener.scheme();
    }

    Forwarding forwarding() {
        return listener.forwarding();
    }

    int redirectPort() {
        return listener.redirectPort();
    }

    @Nullable ClientCertificate certificate() {
        return certificate;
    }

    /** {@code X-Forwarded-Client-Cert}; empty without a certificate. */
    byte[] certificateLine() {
        if (certificate != null && certificateLine.length == 0) {
            certificateLine = ascii("X-Forwarded-Client-Cert: Hash=" + certificate.fingerprint() + ";Subject=\""
                    + certificate.subject() + "\"\r\n");
        }
        return certificateLine;
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
            forwardedLines = ascii("X-Forwarded-For: " + known + "\r\nX-Forwarded-Proto: " + scheme() + "\r\n");
        }
        return forwardedLines;
    }

    /** This hop's element of {@code Forwarded} (RFC 7239 section 4) up to the host. */
    byte[] forwardedElement() {
        if (forwardedPrefix.length == 0) {
            String node = address.isEmpty() ? "unknown" : address.indexOf(':') >= 0 ? "\"[" + address + "]\"" : address;
            forwardedPrefix = ascii("for=" + node + ";proto=" + scheme());
        }
        return forwardedPrefix;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
