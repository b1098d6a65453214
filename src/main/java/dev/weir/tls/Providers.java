package dev.weir.tls;

import dev.weir.config.HttpVersion;
import dev.weir.config.TlsVersion;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.util.Arrays;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which code does the cryptography, and what Weir asks of it: Mozilla's intermediate recommendation of 2024. */
final class Providers {
    private static final Logger LOG = LoggerFactory.getLogger(Providers.class);

    /** {@code jdk} in this system property leaves BoringSSL aside. */
    static final String PROPERTY = "weir.tls.provider";

    /** Without DHE, which BoringSSL does not have. */
    private static final List<String> SUITES = List.of(
            "TLS_AES_128_GCM_SHA256",
            "TLS_AES_256_GCM_SHA384",
            "TLS_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

    private static final String[] GROUPS = {"X25519MLKEM768", "X25519", "P-256", "P-384"};

    private Providers() {}

    /** BoringSSL where it runs, else the JDK's own. */
    static SslProvider best() {
        if ("jdk".equals(System.getProperty(PROPERTY))) {
            return SslProvider.JDK;
        }
        if (OpenSsl.isAvailable()) {
            return SslProvider.OPENSSL_REFCNT;
        }
        LOG.warn(
                "TLS is slow: BoringSSL does not load here, the JDK's TLS takes its place ({})",
                OpenSsl.unavailabilityCause().getMessage());
        return SslProvider.JDK;
    }

    static boolean isNative(SslProvider provider) {
        return provider != SslProvider.JDK;
    }

    /** What clients and servers have in common. */
    static SslContextBuilder configure(
            SslContextBuilder builder, SslProvider provider, TlsVersion least, List<HttpVersion> http) {
        builder.sslProvider(provider)
                .ciphers(SUITES, SupportedCipherSuiteFilter.INSTANCE)
                .protocols(versions(least))
                .applicationProtocolConfig(alpn(http));
        if (isNative(provider)) {
            // Handshakes run on the loop either way; as tasks they would only take detours.
            builder.option(OpenSslContextOption.USE_TASKS, false).option(OpenSslContextOption.GROUPS, GROUPS);
        }
        return builder;
    }

    private static String[] versions(TlsVersion least) {
        return Arrays.stream(TlsVersion.values())
                .filter(version -> version.compareTo(least) >= 0)
                .map(TlsVersion::protocol)
                .toArray(String[]::new);
    }

    private static ApplicationProtocolConfig alpn(List<HttpVersion> http) {
        return new ApplicationProtocolConfig(
                ApplicationProtocolConfig.Protocol.ALPN,
                ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                http.stream().map(HttpVersion::alpn).toList());
    }
}
