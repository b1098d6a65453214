package dev.weir.upstream;

import dev.weir.observe.Cause;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.NotSslRecordException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.util.Locale;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Why a connection to a server failed, and a sentence about it in particular, or nothing. */
record ConnectionFailure(Cause cause, String detail) {
    /** A fault of Weir's own. */
    static final ConnectionFailure INTERNAL = new ConnectionFailure(Cause.INTERNAL, "");

    /** Whether an exception of a channel comes from TLS. */
    static boolean isTls(Throwable failure) {
        return failure instanceof SSLException
                || (failure instanceof DecoderException && failure.getCause() instanceof SSLException);
    }

    /** Why TLS failed. */
    static ConnectionFailure tls(Throwable failure) {
        CertificateException distrusted = certificate(failure);
        if (distrusted != null) {
            String text = text(distrusted);
            return new ConnectionFailure(
                    Cause.TLS_CERTIFICATE_ERROR,
                    distrusted instanceof CertificateExpiredException ? "The certificate expired, " + text : text);
        }
        Throwable said =
                failure instanceof DecoderException && failure.getCause() != null ? failure.getCause() : failure;
        if (said instanceof NotSslRecordException) {
            return new ConnectionFailure(Cause.TLS_PROTOCOL_ERROR, "What the server sends is not TLS.");
        }
        if (said instanceof ClosedChannelException) {
            return new ConnectionFailure(
                    Cause.TLS_PROTOCOL_ERROR, "The server closed the connection during the handshake.");
        }
        String text = text(said);
        // Both BoringSSL and the JDK tell of an alert in the text only.
        boolean alert = text.toLowerCase(Locale.ROOT).contains("alert");
        return new ConnectionFailure(alert ? Cause.TLS_ALERT_RECEIVED : Cause.TLS_PROTOCOL_ERROR, text);
    }

    /** The first cause, which knows most. */
    private static @Nullable CertificateException certificate(Throwable failure) {
        CertificateException found = null;
        for (Throwable at = failure; at != null; at = at.getCause()) {
            if (at instanceof CertificateException certificate) {
                found = certificate;
            }
        }
        return found;
    }

    private static String text(Throwable failure) {
        String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }
}
