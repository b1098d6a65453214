package dev.weir.tls;

import io.netty.handler.ssl.OpenSslCertificateException;
import io.netty.internal.tcnative.CertificateVerifier;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Verifies the certificates of clients as the JDK does, for BoringSSL: a client whose certificate is of somebody else is
 * told so ({@code unknown_ca}), where Netty would have it told of an internal error. Immutable.
 */
final class ClientVerifier extends X509ExtendedTrustManager {
    private final X509ExtendedTrustManager jdk;

    private ClientVerifier(X509ExtendedTrustManager jdk) {
        this.jdk = jdk;
    }

    static ClientVerifier of(List<X509Certificate> authorities) throws IOException {
        try {
            for (TrustManager manager : Authorities.verifiers(authorities)) {
                if (manager instanceof X509ExtendedTrustManager verifier) {
                    return new ClientVerifier(verifier);
                }
            }
            throw new IllegalStateException("the JDK verifies no certificates");
        } catch (GeneralSecurityException unusable) {
            throw new IOException("the authorities of clients cannot be used: " + unusable, unusable);
        }
    }

    @FunctionalInterface
    private interface Check {
        void run() throws CertificateException;
    }

    private static void verify(Check check) throws CertificateException {
        try {
            check.run();
        } catch (CertificateException refused) {
            // With a cause of its own it is about a certificate that is known, and Netty finds the right word.
            if (refused.getCause() instanceof CertPathBuilderException unknown && unknown.getCause() == null) {
                throw new OpenSslCertificateException(
                        refused.getMessage(),
                        refused,
                        CertificateVerifier.X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
            }
            throw refused;
        }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String kind, SSLEngine engine) throws CertificateException {
        verify(() -> jdk.checkClientTrusted(chain, kind, engine));
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String kind, Socket socket) throws CertificateException {
        verify(() -> jdk.checkClientTrusted(chain, kind, socket));
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String kind) throws CertificateException {
        verify(() -> jdk.checkClientTrusted(chain, kind));
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String kind, SSLEngine engine) throws CertificateException {
        throw new CertificateException("these are authorities of clients");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String kind, Socket socket) throws CertificateException {
        throw new CertificateException("these are authorities of clients");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String kind) throws CertificateException {
        throw new CertificateException("these are authorities of clients");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return jdk.getAcceptedIssuers();
    }
}
