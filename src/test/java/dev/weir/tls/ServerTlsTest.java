package dev.weir.tls;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import dev.weir.config.ListenerConfig;
import dev.weir.testing.TestAuthority;
import dev.weir.testing.TestAuthority.Issued;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.pkitesting.X509Bundle;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerTlsTest {
    @TempDir
    Path folder;

    private TestAuthority authority;

    @BeforeEach
    void makeAuthority() throws Exception {
        authority = TestAuthority.in(folder);
    }

    private static ServerTls open(SslProvider provider, String keys, Issued... certificates) throws IOException {
        return open(provider, keys, Stream.of(certificates).map(Issued::yaml).toArray(String[]::new));
    }

    private static ServerTls open(SslProvider provider, String keys, String... certificates) throws IOException {
        StringBuilder yaml = new StringBuilder("listeners:\n  - bind: \":443\"\n    tls:\n      certificates:\n");
        for (String one : certificates) {
            yaml.append("        - ").append(one).append('\n');
        }
        keys.lines().forEach(line -> yaml.append("      ").append(line).append('\n'));
        yaml.append("pools: { web: { servers: [\"a:1\"] } }\n");
        ConfigResult result = ConfigReader.read("test", yaml.toString());
        assertThat(result).isInstanceOf(ConfigResult.Sound.class);
        ListenerConfig listener =
                ((ConfigResult.Sound) result).config().listeners().getFirst();
        return ServerTls.open(
                listener,
                requireNonNull(listener.tls()),
                provider,
                new Challenges(List.of(), provider),
                _ -> new byte[0]);
    }

    private Handshake shake(ServerTls tls, @Nullable String name, Consumer<SSLParameters> demands) throws Exception {
        return shake(tls, authority.trusting(), name, demands);
    }

    private static Handshake shake(
            ServerTls tls, SSLContext client, @Nullable String name, Consumer<SSLParameters> demands) {
        return new Handshake(Handshake.client(client, name, demands), tls.newHandler(ByteBufAllocator.DEFAULT));
    }

    private static String subject(X509Certificate certificate) {
        return certificate.getSubjectX500Principal().getName();
    }

    @ParameterizedTest
    @EnumSource(names = {"JDK", "OPENSSL_REFCNT"})
    void names_exactWildcardUnknown_areShownTheirCertificate(SslProvider provider) throws Exception {
        ServerTls tls = open(
                provider,
                "",
                authority.server("first.example"),
                authority.server("*.example.com"),
                authority.server("a.example.com"));
        String[][] cases = {
            {"first.example", "CN=first.example"},
            {"b.example.com", "CN=*.example.com"},
            {"A.example.com", "CN=a.example.com"},
            {"c.b.example.com", "CN=first.example"},
            {"example.com", "CN=first.example"},
            {"unknown.example", "CN=first.example"},
            {null, "CN=first.example"},
        };
        for (String[] one : cases) {
            try (Handshake handshake = shake(tls, one[0], parameters -> {})) {
                assertThat(handshake.isDone()).as(one[0]).isTrue();
                assertThat(subject(handshake.shown())).as(one[0]).isEqualTo(one[1]);
            }
        }
        ReferenceCountUtil.release(tls.current());
    }

    /** Names as they are in use although no host may be called so. */
    @ParameterizedTest
    @ValueSource(strings = {"my_app.example.com", "a.example.com.", "a b", "*.example.com"})
    void names_thatNoHostMayHave_areShownACertificate(String odd) throws Exception {
        ServerTls tls = open(
                SslProvider.OPENSSL_REFCNT, "", authority.server("a.example.com"), authority.server("*.example.com"));
        SNIServerName name = new SNIServerName(0, odd.getBytes(StandardCharsets.US_ASCII)) {};
        try (Handshake handshake = shake(tls, null, parameters -> parameters.setServerNames(List.of(name)))) {
            assertThat(handshake.isDone()).isTrue();
            assertThat(subject(handshake.shown()))
                    .isEqualTo(odd.endsWith("e.com") ? "CN=*.example.com" : "CN=a.example.com");
        }
        ReferenceCountUtil.release(tls.current());
    }

    @ParameterizedTest
    @EnumSource(names = {"JDK", "OPENSSL_REFCNT"})
    void kinds_twoOfOneName_areShownToWhoKnowsThem(SslProvider provider) throws Exception {
        ServerTls tls = open(provider, "", authority.server("a.example"), authority.rsaServer("a.example"));
        try (Handshake handshake = shake(tls, "a.example", parameters -> {})) {
            assertThat(handshake.shown().getPublicKey().getAlgorithm()).isEqualTo("EC");
        }
        Consumer<SSLParameters> oldRsa = parameters -> {
            parameters.setProtocols(new String[] {"TLSv1.2"});
            parameters.setCipherSuites(new String[] {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"});
        };
        Consumer<SSLParameters> oldEc = parameters -> {
            parameters.setProtocols(new String[] {"TLSv1.2"});
            parameters.setCipherSuites(new String[] {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"});
        };
        try (Handshake handshake = shake(tls, "a.example", oldRsa)) {
            assertThat(handshake.isDone()).isTrue();
            assertThat(handshake.shown().getPublicKey().getAlgorithm()).isEqualTo("RSA");
        }
        try (Handshake handshake = shake(tls, "a.example", oldEc)) {
            assertThat(handshake.shown().getPublicKey().getAlgorithm()).isEqualTo("EC");
        }
        ReferenceCountUtil.release(tls.current());
    }

    @ParameterizedTest
    @EnumSource(names = {"JDK", "OPENSSL_REFCNT"})
    void kinds_clientOfTls13ThatSignsWithRsaOnly_isShownRsa(SslProvider provider) throws Exception {
        X509Bundle alone = TestAuthority.serverBuilder("a.example")
                .rsa2048()
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        Path chain = Files.writeString(folder.resolve("alone.pem"), alone.getCertificatePEM());
        Path key = Files.writeString(folder.resolve("alone.key"), alone.getPrivateKeyPEM());
        ServerTls tls = open(provider, "", authority.server("a.example"), new Issued(chain, key, alone));
        SSLContext anything = SSLContext.getInstance("TLS");
        anything.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
        Consumer<SSLParameters> rsa =
                parameters -> parameters.setSignatureSchemes(new String[] {"rsa_pss_rsae_sha256", "rsa_pkcs1_sha256"});
        try (Handshake handshake = shake(tls, anything, "a.example", rsa)) {
            assertThat(handshake.isDone()).isTrue();
            assertThat(handshake.shown().getPublicKey().getAlgorithm()).isEqualTo("RSA");
        }
        ReferenceCountUtil.release(tls.current());
    }

    @ParameterizedTest
    @EnumSource(names = {"JDK", "OPENSSL_REFCNT"})
    void alpn_severalOffered_isTheListenersPreference(SslProvider provider) throws Exception {
        ServerTls tls = open(provider, "", authority.server("a.example"));
        String[][] cases = {{"http/1.1,h2", "h2"}, {"http/1.1", "http/1.1"}, {"spdy/1", null}};
        for (String[] one : cases) {
            Consumer<SSLParameters> offers = parameters -> parameters.setApplicationProtocols(one[0].split(","));
            try (Handshake handshake = shake(tls, "a.example", offers)) {
                assertThat(handshake.isDone()).as(one[0]).isTrue();
                assertThat(handshake.serverSide().applicationProtocol())
                        .as(one[0])
                        .isEqualTo(one[1]);
            }
        }
        ReferenceCountUtil.release(tls.current());
    }

    @ParameterizedTest
    @EnumSource(names = {"JDK", "OPENSSL_REFCNT"})
    void version_belowTheLeast_isRefused(SslProvider provider) throws Exception {
        ServerTls tls = open(provider, "min-version: TLSv1.3", authority.server("a.example"));
        Consumer<SSLParameters> old = parameters -> parameters.setProtocols(new String[] {"TLSv1.2"});
        try (Handshake handshake = shake(tls, "a.example", old)) {
            assertThat(handshake.isDone()).isFalse();
        }
        try (Handshake handshake = shake(tls, "a.example", parameters -> {})) {
            assertThat(handshake.isDone()).isTrue();
        }
        ReferenceCountUtil.release(tls.current());
    }

    @ParameterizedTest
    @EnumSource(names = {"JDK", "OPENSSL_REFCNT"})
    void clientCertificate_required_isVerifiedAndTold(SslProvider provider) throws Exception {
        String keys = "client-certificates: { mode: required, ca: \"" + authority.file() + "\" }";
        ServerTls tls = open(provider, keys, authority.server("a.example"));
        Issued alice = authority.client("alice");
        try (Handshake handshake = shake(tls, authority.trusting(alice), "a.example", parameters -> {})) {
            PeerCertificate told =
                    requireNonNull(PeerCertificate.of(handshake.talk().serverSide()));
            assertThat(told.subject()).isEqualTo("CN=alice");
            assertThat(told.fingerprint()).matches("[0-9a-f]{64}");
        }
        try (Handshake handshake = shake(tls, authority.trusting(), "a.example", parameters -> {})) {
            assertThat(handshake.talk().serverSide().handshakeFuture().isSuccess())
                    .isFalse();
        }
        Issued mallory = TestAuthority.named("other", folder).client("mallory");
        try (Handshake handshake = shake(tls, authority.trusting(mallory), "a.example", parameters -> {})) {
            assertThat(handshake.talk().serverSide().handshakeFuture().isSuccess())
                    .isFalse();
        }
        ReferenceCountUtil.release(tls.current());
    }

    @ParameterizedTest
    @EnumSource(names = {"JDK", "OPENSSL_REFCNT"})
    void clientCertificate_optionalAndAbsent_isServed(SslProvider provider) throws Exception {
        String keys = "client-certificates: { mode: optional, ca: \"" + authority.file() + "\" }";
        ServerTls tls = open(provider, keys, authority.server("a.example"));
        try (Handshake handshake = shake(tls, authority.trusting(), "a.example", parameters -> {})) {
            assertThat(handshake.talk().isDone()).isTrue();
            assertThat(PeerCertificate.of(handshake.serverSide())).isNull();
        }
        ReferenceCountUtil.release(tls.current());
    }

    /** Answers as a client of BoringSSL sees them; the JDK's tells nobody. */
    private byte @Nullable [] stapled(ServerTls tls, String name, String version, @Nullable String cipher)
            throws Exception {
        SslContextBuilder builder = SslContextBuilder.forClient()
                .sslProvider(SslProvider.OPENSSL_REFCNT)
                .trustManager(authority.file().toFile())
                .protocols(version)
                .enableOcsp(true);
        if (cipher != null) {
            builder.ciphers(List.of(cipher));
        }
        SslContext client = builder.build();
        SslHandler handler = client.newHandler(ByteBufAllocator.DEFAULT, name, 443);
        try (Handshake handshake = new Handshake(handler, tls.newHandler(ByteBufAllocator.DEFAULT))) {
            assertThat(handshake.isDone()).isTrue();
            return ((ReferenceCountedOpenSslEngine) handler.engine()).getOcspResponse();
        } finally {
            ReferenceCountUtil.release(client);
        }
    }

    @Test
    void ocspAnswer_ofOneAndOfSeveralCertificates_isStapledToItsOwn() throws Exception {
        Path one = Files.write(folder.resolve("one.ocsp"), new byte[] {0x30, 1});
        Path two = Files.write(folder.resolve("two.ocsp"), new byte[] {0x30, 2});
        ServerTls tls = open(
                SslProvider.OPENSSL_REFCNT,
                "",
                authority.server("b.example").yaml().replace(" }", ", ocsp: \"" + one + "\" }"),
                authority.server("a.example").yaml(),
                authority.rsaServer("a.example").yaml().replace(" }", ", ocsp: \"" + two + "\" }"));
        assertThat(stapled(tls, "b.example", "TLSv1.3", null)).containsExactly(0x30, 1);
        assertThat(stapled(tls, "a.example", "TLSv1.3", null)).isNull();
        assertThat(stapled(tls, "a.example", "TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256"))
                .containsExactly(0x30, 2);
        ReferenceCountUtil.release(tls.current());
    }
}
