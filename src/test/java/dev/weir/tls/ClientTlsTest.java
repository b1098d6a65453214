package dev.weir.tls;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.Address;
import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import dev.weir.config.PoolConfig;
import dev.weir.testing.TestAuthority;
import dev.weir.testing.TestAuthority.Issued;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ClientTlsTest {
    @TempDir
    Path folder;

    private TestAuthority authority;

    @BeforeEach
    void makeAuthority() throws Exception {
        authority = TestAuthority.in(folder);
    }

    private static ClientTls open(SslProvider provider, String keys) throws IOException {
        String yaml = "listeners: [{ bind: \":80\" }]\n"
                + "pools: { web: { servers: [\"a.example:443\"], http: [h2, http/1.1], tls: { " + keys + " } } }\n";
        ConfigResult result = ConfigReader.read("test", yaml);
        assertThat(result).isInstanceOf(ConfigResult.Sound.class);
        Map<String, PoolConfig> pools = ((ConfigResult.Sound) result).config().pools();
        PoolConfig pool = pools.values().iterator().next();
        return ClientTls.open("web", pool, requireNonNull(pool.tls()), provider);
    }

    private static Handshake shake(ClientTls tls, String server, SSLContext context, boolean asksForCertificate) {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(false);
        engine.setNeedClientAuth(asksForCertificate);
        engine.setHandshakeApplicationProtocolSelector((_, offered) -> offered.isEmpty() ? null : offered.getFirst());
        SslHandler client = tls.newHandler(ByteBufAllocator.DEFAULT, Address.parse(server));
        return new Handshake(client, new SslHandler(engine));
    }

    @ParameterizedTest
    @EnumSource(names = {"JDK", "OPENSSL_REFCNT"})
    void server_verified_byAuthorityAndName(SslProvider provider) throws Exception {
        ClientTls own = open(provider, "ca: " + authority.file());
        Issued issued = authority.server("a.example", "10.0.0.1");
        Issued foreign = TestAuthority.named("other", folder).server("a.example");
        record Case(String server, SSLContext context, boolean accepted) {}
        List<Case> cases = List.of(
                new Case("a.example:443", issued.context(), true),
                new Case("A.example:443", issued.context(), true),
                new Case("10.0.0.1:443", issued.context(), true),
                new Case("b.example:443", issued.context(), false),
                new Case("10.0.0.2:443", issued.context(), false),
                new Case("a.example:443", foreign.context(), false));
        for (Case one : cases) {
            try (Handshake handshake = shake(own, one.server(), one.context(), false)) {
                assertThat(handshake.talk().isDone()).as(one.server()).isEqualTo(one.accepted());
            }
        }
        ReferenceCountUtil.release(own.current());
    }

    @ParameterizedTest
    @EnumSource(names = {"JDK", "OPENSSL_REFCNT"})
    void server_ofAnUnknownAuthority_isRefusedByTheSystems(SslProvider provider) throws Exception {
        ClientTls system = open(provider, "");
        try (Handshake handshake =
                shake(system, "a.example:443", authority.server("a.example").context(), false)) {
            assertThat(handshake.talk().isDone()).isFalse();
        }
        ReferenceCountUtil.release(system.current());
    }

    @ParameterizedTest
    @EnumSource(names = {"JDK", "OPENSSL_REFCNT"})
    void serverName_configured_isAskedForAndVerified(SslProvider provider) throws Exception {
        ClientTls tls = open(provider, "ca: " + authority.file() + ", server-name: api.internal");
        SSLContext server = authority.server("api.internal").context();
        for (String address : List.of("10.0.0.1:443", "unix:/a", "b.example:443")) {
            try (Handshake handshake = shake(tls, address, server, false)) {
                assertThat(handshake.talk().isDone()).isTrue();
                SSLSession session = handshake.serverSide().engine().getSession();
                assertThat(((ExtendedSSLSession) session).getRequestedServerNames())
                        .containsExactly(new SNIHostName("api.internal"));
            }
        }
        try (Handshake handshake =
                shake(tls, "a.example:443", authority.server("a.example").context(), false)) {
            assertThat(handshake.talk().isDone()).isFalse();
        }
        ReferenceCountUtil.release(tls.current());
    }

    @ParameterizedTest
    @EnumSource(names = {"JDK", "OPENSSL_REFCNT"})
    void insecureSkipVerify_on_takesAnything(SslProvider provider) throws Exception {
        ClientTls tls = open(provider, "insecure-skip-verify: on");
        for (String address : List.of("10.0.0.1:443", "unix:/a", "b.example:443")) {
            try (Handshake handshake =
                    shake(tls, address, authority.server("x.example").context(), false)) {
                assertThat(handshake.talk().isDone()).as(address).isTrue();
            }
        }
        ReferenceCountUtil.release(tls.current());
    }

    @ParameterizedTest
    @EnumSource(names = {"JDK", "OPENSSL_REFCNT"})
    void clientCertificate_askedFor_isShown(SslProvider provider) throws Exception {
        Issued own = authority.client("weir");
        ClientTls tls = open(
                provider,
                "ca: %s, certificate: { cert: %s, key: %s }".formatted(authority.file(), own.chain(), own.key()));
        Issued server = authority.server("a.example");
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(
                server.bundle().toKeyManagerFactory().getKeyManagers(),
                authority.root().toTrustManagerFactory().getTrustManagers(),
                null);
        try (Handshake handshake = shake(tls, "a.example:443", context, true)) {
            assertThat(handshake.talk().isDone()).isTrue();
            PeerCertificate told = requireNonNull(PeerCertificate.of(handshake.serverSide()));
            assertThat(told.subject()).isEqualTo("CN=weir");
            assertThat(handshake.clientSide().applicationProtocol()).isEqualTo("h2");
        }
        ReferenceCountUtil.release(tls.current());
    }

    @ParameterizedTest
    @EnumSource(names = {"JDK", "OPENSSL_REFCNT"})
    void session_ofTheSameServer_isResumed(SslProvider provider) throws Exception {
        ClientTls tls = open(provider, "ca: " + authority.file() + ", server-name: a.example");
        SSLContext one = authority.server("a.example").context();
        assertThat(resumed(tls, "10.0.0.1:443", one)).isFalse();
        assertThat(resumed(tls, "10.0.0.1:443", one)).isTrue();
        assertThat(resumed(tls, "10.0.0.2:443", one)).isFalse();
        assertThat(resumed(tls, "10.0.0.1:443", one)).isTrue();
        ReferenceCountUtil.release(tls.current());
    }

    /** The server's session is as old as the first of its kind. */
    private static boolean resumed(ClientTls tls, String server, SSLContext context) throws InterruptedException {
        long before = System.currentTimeMillis();
        while (System.currentTimeMillis() == before) {
            Thread.onSpinWait();
        }
        try (Handshake handshake = shake(tls, server, context, false)) {
            assertThat(handshake.talk().isDone()).isTrue();
            return handshake.serverSide().engine().getSession().getCreationTime() <= before;
        }
    }
}
