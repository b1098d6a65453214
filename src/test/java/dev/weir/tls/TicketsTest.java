package dev.weir.tls;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import dev.weir.config.ListenerConfig;
import dev.weir.testing.TestAuthority;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.SimpleTrustManagerFactory;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whether a client comes back with a ticket: then it does not look at the server's certificate again. */
class TicketsTest {
    @TempDir
    Path folder;

    private TestAuthority authority;
    private TestAuthority.Issued issued;
    private final List<Object> contexts = new ArrayList<>();
    private int looks;

    @BeforeEach
    void makeAuthority() throws Exception {
        authority = TestAuthority.in(folder);
        issued = authority.server("a.example");
    }

    @AfterEach
    void giveBack() {
        contexts.forEach(ReferenceCountUtil::release);
    }

    private ServerTls server(String keys) throws IOException {
        String yaml = "listeners: [{ bind: \":443\", tls: { certificates: [" + issued.yaml() + "], " + keys + " } }]\n"
                + "pools: { web: { servers: [\"a:1\"] } }\n";
        ListenerConfig listener = ((ConfigResult.Sound) ConfigReader.read("test", yaml))
                .config()
                .listeners()
                .getFirst();
        SslProvider provider = SslProvider.OPENSSL_REFCNT;
        ServerTls server = ServerTls.open(
                listener,
                requireNonNull(listener.tls()),
                provider,
                new Challenges(List.of(), provider),
                _ -> new byte[0]);
        contexts.add(server.current());
        return server;
    }

    private SslContext client(String version) throws Exception {
        TestAuthority.Issued alice = authority.client("alice");
        SslContext client = SslContextBuilder.forClient()
                .sslProvider(SslProvider.OPENSSL_REFCNT)
                .trustManager(new Counting())
                .keyManager(alice.chain().toFile(), alice.key().toFile())
                .protocols(version)
                .endpointIdentificationAlgorithm(null)
                .build();
        ((OpenSslSessionContext) client.sessionContext()).setTicketKeys();
        contexts.add(client);
        return client;
    }

    private boolean resumes(SslContext client, ServerTls server) {
        int before = looks;
        try (Handshake handshake = new Handshake(
                client.newHandler(ByteBufAllocator.DEFAULT, "a.example", 443),
                server.newHandler(ByteBufAllocator.DEFAULT))) {
            assertThat(handshake.talk().isDone()).isTrue();
        }
        return looks == before;
    }

    private Path key(String name, long seed) throws IOException {
        byte[] bytes = new byte[TicketKeys.BYTES];
        new Random(seed).nextBytes(bytes);
        return Files.write(folder.resolve(name), bytes);
    }

    private static String files(Path... files) {
        return "tickets: { key-files: ["
                + String.join(", ", List.of(files).stream().map(Path::toString).toList()) + "] }";
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void ticket_ofTheSameServer_resumes(String version) throws Exception {
        ServerTls server = server("min-version: TLSv1.2");
        SslContext client = client(version);
        assertThat(resumes(client, server)).isFalse();
        assertThat(resumes(client, server)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void ticket_afterRenewalAndRotation_resumes(String version) throws Exception {
        ServerTls server = server("min-version: TLSv1.2");
        SslContext client = client(version);
        assertThat(resumes(client, server)).isFalse();
        server.renew();
        contexts.add(server.current());
        server.tick(System.nanoTime() + TicketKeys.RENEWAL.toNanos());
        assertThat(resumes(client, server)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void ticket_ofAnotherServerWithTheSameKeyFile_resumes(String version) throws Exception {
        Path first = key("first.key", 1);
        Path second = key("second.key", 2);
        SslContext client = client(version);
        assertThat(resumes(client, server(files(first)))).isFalse();
        assertThat(resumes(client, server(files(second, first)))).isTrue();
        assertThat(resumes(client(version), server(files(second)))).isFalse();
    }

    @Test
    void ticket_ofAListenerThatAsksForNoCertificate_isWorthNothingWhereOneIsRequired() throws Exception {
        Path shared = key("shared.key", 3);
        SslContext client = client("TLSv1.3");
        String required = "client-certificates: { mode: required, ca: " + authority.file() + " }, ";
        assertThat(resumes(client, server(files(shared)))).isFalse();
        assertThat(resumes(client, server(required + files(shared)))).isFalse();
        SslContext another = client("TLSv1.3");
        assertThat(resumes(another, server(required + files(shared)))).isFalse();
        assertThat(resumes(another, server(required + files(shared)))).isTrue();
    }

    @Test
    void peerCertificate_ofAResumedSession_isStillTold() throws Exception {
        ServerTls server = server("client-certificates: { mode: required, ca: " + authority.file() + " }");
        SslContext client = client("TLSv1.3");
        assertThat(resumes(client, server)).isFalse();
        try (Handshake handshake = new Handshake(
                client.newHandler(ByteBufAllocator.DEFAULT, "a.example", 443),
                server.newHandler(ByteBufAllocator.DEFAULT))) {
            PeerCertificate told =
                    requireNonNull(PeerCertificate.of(handshake.talk().serverSide()));
            assertThat(told.subject()).isEqualTo("CN=alice");
        }
        assertThat(looks).isOne();
    }

    @Test
    void keyFile_ofTheWrongLength_isRefused() throws IOException {
        Path odd = Files.write(folder.resolve("odd.key"), new byte[80]);
        assertThatThrownBy(() -> server(files(odd))).hasMessageContaining("80 bytes instead of 48");
    }

    /** Trusts all and counts how often it is asked. */
    private final class Counting extends SimpleTrustManagerFactory {
        @Override
        protected void engineInit(KeyStore keyStore) {}

        @Override
        protected void engineInit(ManagerFactoryParameters parameters) {}

        @Override
        protected TrustManager[] engineGetTrustManagers() {
            return new TrustManager[] {
                new X509TrustManager() {
                    @Override
                    public void checkClientTrusted(X509Certificate[] chain, String type) {}

                    @Override
                    public void checkServerTrusted(X509Certificate[] chain, String type) {
                        looks++;
                    }

                    @Override
                    public X509Certificate[] getAcceptedIssuers() {
                        return new X509Certificate[0];
                    }
                }
            };
        }
    }
}
