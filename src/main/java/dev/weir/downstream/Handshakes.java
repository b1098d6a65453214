package dev.weir.downstream;

import dev.weir.observe.Handshake;
import dev.weir.proxy.ClientCertificate;
import dev.weir.proxy.ClientInfo;
import dev.weir.tls.PeerCertificate;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslHandler;
import io.netty.internal.tcnative.SSL;
import java.nio.channels.ClosedChannelException;
import java.util.Locale;
import javax.net.ssl.SSLEngine;

/** What a TLS handshake with a client has come to. */
final class Handshakes {
    private Handshakes() {}

    /** Why it failed. BoringSSL and Java tell that only by their messages. */
    static Handshake failed(Throwable failure) {
        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
        if (cause instanceof NotSslRecordException) {
            return Handshake.NOT_TLS;
        }
        if (cause instanceof ClosedChannelException) {
            return Handshake.CLIENT_GONE;
        }
        String text =
                String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT).replace('_', ' ');
        if (text.contains("alert")) {
            return Handshake.REFUSED_BY_CLIENT;
        }
        if (text.contains("certificate") || text.contains("cert chain") || text.contains("path")) {
            return Handshake.CLIENT_CERTIFICATE;
        }
        if (text.contains("in common")
                || text.contains("no shared")
                || text.contains("unsupported protocol")
                || text.contains("protocol version")
                || text.contains("not enabled or supported")
                || text.contains("client requested protocol")) {
            return Handshake.NOTHING_IN_COMMON;
        }
        return Handshake.MALFORMED;
    }

    /** Whether an earlier session went on. {@code startMillis}: when the handshake began, since 1970. */
    static boolean resumed(SSLEngine engine, long startMillis) {
        if (engine instanceof ReferenceCountedOpenSslEngine boring) {
            return SSL.isSessionReused(boring.sslPointer());
        }
        return engine.getSession().getCreationTime() < startMillis;
    }

    /** The client, with the certificate that it has shown, if any. */
    static ClientInfo identified(ClientInfo client, SslHandler handler) {
        PeerCertificate shown = PeerCertificate.of(handler);
        return shown == null ? client : client.with(new ClientCertificate(shown.subject(), shown.fingerprint()));
    }
}
