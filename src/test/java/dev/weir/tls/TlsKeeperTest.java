package dev.weir.tls;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import dev.weir.config.ListenerConfig;
import dev.weir.config.WeirConfig;
import dev.weir.observe.Exposition;
import dev.weir.observe.Meters;
import dev.weir.testing.TestAuthority;
import dev.weir.testing.TestAuthority.Issued;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslProvider;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TlsKeeperTest {
    @TempDir
    Path folder;

    private final Meters meters = new Meters(1);
    private TestAuthority authority;
    private Path cert;
    private Path key;
    private @Nullable TlsKeeper keeper;
    private long now = System.nanoTime();

    @BeforeEach
    void makeFiles() throws Exception {
        authority = TestAuthority.in(folder);
        cert = folder.resolve("site.pem");
        key = folder.resolve("site.key");
        put(authority.server("old.example"));
    }

    @AfterEach
    void close() {
        if (keeper != null) {
            keeper.close();
        }
    }

    private void put(Issued issued) throws IOException {
        replace(issued.chain(), cert);
        replace(issued.key(), key);
    }

    /** As renewal programs do: a new inode takes the name. */
    private static void replace(Path from, Path to) throws IOException {
        Path copy = to.resolveSibling(to.getFileName() + ".tmp");
        Files.copy(from, copy, StandardCopyOption.REPLACE_EXISTING);
        Files.move(copy, to, StandardCopyOption.ATOMIC_MOVE);
    }

    private ServerTls open(SslProvider provider, Path cert, Path key) throws IOException {
        String yaml = "listeners: [{ bind: \":443\", tls: { certificates: [{ cert: " + cert + ", key: " + key
                + " }] } }]\n" + "pools: { web: { servers: [\"a:1\"] } }\n";
        WeirConfig config = ((ConfigResult.Sound) ConfigReader.read("test", yaml)).config();
        keeper = TlsKeeper.open(meters, () -> provider, Instant::now);
        keeper.adopt(keeper.prepare(config));
        ListenerConfig listener = config.listeners().getFirst();
        return requireNonNull(keeper.set().listener(listener));
    }

    private void look(int times) {
        for (int i = 0; i < times; i++) {
            now += Duration.ofSeconds(1).toNanos();
            requireNonNull(keeper).look(now);
        }
    }

    private String shown(ServerTls tls) throws Exception {
        try (Handshake handshake = new Handshake(
                Handshake.client(authority.trusting(), "any.example", parameters -> {}),
                tls.newHandler(ByteBufAllocator.DEFAULT))) {
            assertThat(handshake.isDone()).isTrue();
            return handshake.shown().getSubjectX500Principal().getName();
        }
    }

    private String metrics() throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        Exposition.of(meters, "").writeTo(text);
        return text.toString(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @EnumSource(names = {"JDK", "OPENSSL_REFCNT"})
    void pair_replaced_isShownAfterItHasSettled(SslProvider provider) throws Exception {
        ServerTls tls = open(provider, cert, key);
        assertThat(shown(tls)).isEqualTo("CN=old.example");
        put(authority.server("new.example"));
        look(1);
        assertThat(shown(tls)).isEqualTo("CN=old.example");
        look(1);
        assertThat(shown(tls)).isEqualTo("CN=new.example");
        assertThat(metrics())
                .contains("weir_tls_renewals_total{outcome=\"ok\",used_by=\"listener :443\"} 1")
                .contains("weir_tls_renewals_total{outcome=\"failed\",used_by=\"listener :443\"} 0");
    }

    @Test
    void handshake_underWayDuringRenewals_endsWithWhatItBeganWith() throws Exception {
        ServerTls tls = open(SslProvider.OPENSSL_REFCNT, cert, key);
        io.netty.handler.ssl.SslHandler begun = tls.newHandler(ByteBufAllocator.DEFAULT);
        put(authority.server("new.example"));
        look(200); // the former context is given back by now
        try (Handshake handshake =
                new Handshake(Handshake.client(authority.trusting(), "any.example", parameters -> {}), begun)) {
            assertThat(handshake.isDone()).isTrue();
            assertThat(handshake.shown().getSubjectX500Principal().getName()).isEqualTo("CN=old.example");
        }
        assertThat(shown(tls)).isEqualTo("CN=new.example");
    }

    @Test
    void pair_thatDoesNotBelongTogether_keepsTheFormerOneAndIsCounted() throws Exception {
        ServerTls tls = open(SslProvider.OPENSSL_REFCNT, cert, key);
        replace(authority.server("new.example").chain(), cert);
        look(5);
        assertThat(shown(tls)).isEqualTo("CN=old.example");
        assertThat(metrics()).contains("weir_tls_renewals_total{outcome=\"failed\",used_by=\"listener :443\"} 1");
        replace(folder.resolve("new.example-ec.key"), key);
        look(2);
        assertThat(shown(tls)).isEqualTo("CN=new.example");
    }

    @Test
    void files_goneForAWhile_changeNothing() throws Exception {
        ServerTls tls = open(SslProvider.OPENSSL_REFCNT, cert, key);
        Files.delete(key);
        look(3);
        assertThat(shown(tls)).isEqualTo("CN=old.example");
        put(authority.server("new.example"));
        look(2);
        assertThat(shown(tls)).isEqualTo("CN=new.example");
    }

    @Test
    void folder_swappedBehindASymbolicLink_isNoticed() throws Exception {
        Path first = Files.createDirectory(folder.resolve("v1"));
        Path second = Files.createDirectory(folder.resolve("v2"));
        for (Path one : new Path[] {first, second}) {
            Issued issued = authority.server(one.getFileName() + ".example");
            Files.copy(issued.chain(), one.resolve("tls.crt"));
            Files.copy(issued.key(), one.resolve("tls.key"));
        }
        Path data = Files.createSymbolicLink(folder.resolve("..data"), first);
        Path linkedCert = Files.createSymbolicLink(folder.resolve("tls.crt"), Path.of("..data/tls.crt"));
        Path linkedKey = Files.createSymbolicLink(folder.resolve("tls.key"), Path.of("..data/tls.key"));
        ServerTls tls = open(SslProvider.OPENSSL_REFCNT, linkedCert, linkedKey);
        assertThat(shown(tls)).isEqualTo("CN=v1.example");
        Path next = Files.createSymbolicLink(folder.resolve("..next"), second);
        Files.move(next, data, StandardCopyOption.ATOMIC_MOVE);
        look(2);
        assertThat(shown(tls)).isEqualTo("CN=v2.example");
    }

    @Test
    void expiry_scraped_isInSeconds() throws Exception {
        open(SslProvider.OPENSSL_REFCNT, cert, key);
        assertThat(metrics())
                .containsPattern("weir_tls_certificate_expiry_seconds\\{certificate=\"" + cert
                        + "\",used_by=\"listener :443\"} [0-9]");
    }

    @Test
    void start_withFilesThatDoNotFit_saysWhich() throws Exception {
        Issued other = authority.rsaServer("other.example");
        assertThatThrownBy(() -> open(SslProvider.OPENSSL_REFCNT, cert, other.key()))
                .isInstanceOf(IOException.class)
                .hasMessage(
                        "listener :443: the key in " + other.key() + " is not the one of the certificate in " + cert);
        assertThatThrownBy(() -> open(SslProvider.OPENSSL_REFCNT, cert, folder.resolve("none")))
                .hasMessage("listener :443: there is no file " + folder.resolve("none"));
        assertThatThrownBy(() -> open(SslProvider.OPENSSL_REFCNT, key, key))
                .hasMessage("listener :443: the certificates in " + key + " cannot be read");
        assertThatThrownBy(() -> open(SslProvider.OPENSSL_REFCNT, cert, cert))
                .hasMessage("listener :443: " + cert + " holds no private key in PEM");
        Path broken = Files.writeString(
                folder.resolve("broken"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        assertThatThrownBy(() -> open(SslProvider.OPENSSL_REFCNT, broken, key))
                .hasMessage("listener :443: the certificates in " + broken + " cannot be read");
    }
}
