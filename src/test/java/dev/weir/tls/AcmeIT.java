package dev.weir.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.Pebble;
import dev.weir.testing.Programs;
import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Certificates by ACME, from a real authority. Its answers are waited for beside other tests. */
@Execution(ExecutionMode.CONCURRENT) // its tests mostly wait
class AcmeIT {
    private static final int LONG = 7_776_000;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    private int plain;
    private int tls;
    private Pebble pebble;

    @BeforeEach
    void prepare() throws Exception {
        plain = Programs.freePort();
        tls = Programs.freePort();
        pebble = Pebble.validatingAt(folder, plain, tls);
    }

    @AfterEach
    void stop() throws Exception {
        pebble.close();
    }

    private RunningWeir weir(String domains, String acme) {
        return weir(domains, acme, plain, tls);
    }

    private RunningWeir weir(String domains, String acme, int plain, int tls) {
        return RunningWeir.of("""
                event-loops: 2
                admin: { bind: "127.0.0.1:0" }
                shutdown: { deadline: 1s }
                listeners:
                  - { bind: "127.0.0.1:%d", redirect-to-https: 443 }
                  - bind: "127.0.0.1:%d"
                    tls: { acme: { domains: [%s], storage: "%s", %s, %s } }
                pools: { web: { servers: ["127.0.0.1:1"] } }
                """.formatted(plain, tls, domains, folder.resolve("acme"), pebble.keys(), acme));
    }

    private static double ordered(RunningWeir weir, String domain, String outcome) throws Exception {
        return weir.metric("weir_tls_renewals_total{outcome=\"" + outcome + "\",used_by=\"acme " + domain + "\"}");
    }

    /** So many certificates of a name, which are counted by a thread other than the one that brings them into use. */
    private static void awaitOrdered(RunningWeir weir, String domain, int count) {
        await().untilAsserted(() -> assertThat(ordered(weir, domain, "ok")).isEqualTo(count));
    }

    private static SSLContext trusting(String pem) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        store.setCertificateEntry(
                "root",
                CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII))));
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }

    private static SSLContext trustingAnything() throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
        return context;
    }

    /** The certificate that a client is shown who verifies it, name and chain. */
    private static X509Certificate shown(SSLContext context, String name, int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
                SSLSocket client = (SSLSocket) context.getSocketFactory().createSocket(socket, name, port, true)) {
            SSLParameters parameters = client.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            client.setSSLParameters(parameters);
            client.startHandshake();
            return (X509Certificate) client.getSession().getPeerCertificates()[0];
        }
    }

    private X509Certificate awaitShown(SSLContext context, String name) {
        return await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> shown(context, name, tls), _ -> true);
    }

    @ParameterizedTest
    @ValueSource(strings = {"challenge: http-01", "challenge: tls-alpn-01", "challenge: tls-alpn-01, key-type: rsa"})
    void names_proven_getTheirCertificates(String acme) throws Exception {
        pebble.start(LONG);
        try (RunningWeir weir = weir("a.example, b.example", acme)) {
            SSLContext context = trusting(pebble.root());
            X509Certificate first = awaitShown(context, "a.example");
            X509Certificate second = awaitShown(context, "b.example");
            assertThat(first.getSubjectAlternativeNames().toString()).isEqualTo("[[2, a.example]]");
            assertThat(second.getSubjectAlternativeNames().toString()).isEqualTo("[[2, b.example]]");
            assertThat(first.getPublicKey().getAlgorithm()).isEqualTo(acme.contains("rsa") ? "RSA" : "EC");
            awaitOrdered(weir, "a.example", 1);
            assertThat(ordered(weir, "b.example", "failed")).isZero();
            assertThat(weir.metrics()).contains("weir_tls_certificate_expiry_seconds{certificate=\"");
            if (acme.contains("alpn")) {
                assertThat(weir.metric("weir_downstream_tls_handshakes_total{result=\"challenge\"}"))
                        .isGreaterThanOrEqualTo(2);
            } else {
                assertThat(weir.metric("weir_failures_total{cause=\"acme-challenge\",side=\"proxy\"}"))
                        .isGreaterThanOrEqualTo(2);
            }
        }
        try (var left = Files.walk(folder.resolve("acme"))) {
            assertThat(left.filter(Files::isRegularFile)
                            .map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("account.pem", "lock", "a.example.pem", "b.example.pem");
        }
    }

    @Test
    void account_thatHasToBeBound_isBoundByTheSharedKey() throws Exception {
        String shared = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";
        Path key = Files.writeString(folder.resolve("shared.key"), shared + "\n");
        pebble.startBinding(LONG, "kid-1", shared);
        String bound = "external-account: { key-id: kid-1, key-file: \"" + key + "\" }";
        try (RunningWeir weir = weir("a.example", "challenge: tls-alpn-01, " + bound)) {
            awaitShown(trusting(pebble.root()), "a.example");
            awaitOrdered(weir, "a.example", 1);
        }
    }

    @Test
    void storage_ofAFormerProcess_isUsedWithoutTheAuthority() throws Exception {
        pebble.start(LONG);
        SSLContext context = trusting(pebble.root());
        X509Certificate first;
        try (RunningWeir weir = weir("a.example", "challenge: http-01")) {
            first = awaitShown(context, "a.example");
        }
        pebble.stop();
        try (RunningWeir weir = weir("a.example", "challenge: http-01")) {
            assertThat(shown(context, "a.example", tls)).isEqualTo(first);
            assertThat(ordered(weir, "a.example", "ok")).isZero();
        }
    }

    @Test
    void authority_thatComesLate_isWaitedFor_whileHandshakesAreRefused() throws Exception {
        try (RunningWeir weir = weir("a.example", "challenge: tls-alpn-01")) {
            assertThatThrownBy(() -> shown(SSLContext.getDefault(), "a.example", tls))
                    .isInstanceOf(SSLException.class)
                    .hasMessageContaining("unrecognized_name");
            assertThat(weir.metric("weir_downstream_tls_handshakes_total{result=\"no-certificate\"}"))
                    .isOne();
            await().atMost(PATIENCE).until(() -> ordered(weir, "a.example", "failed") >= 1);
            pebble.start(LONG);
            awaitShown(trusting(pebble.root()), "a.example");
        }
    }

    @Test
    void certificate_twoThirdsThroughItsLife_isRenewed_orKeptWhenTheAuthorityIsGone() throws Exception {
        pebble.start(20);
        SSLContext context = trustingAnything(); // on a slow machine it may expire meanwhile, and has to stay
        try (RunningWeir weir = weir("a.example", "challenge: tls-alpn-01")) {
            X509Certificate first = awaitShown(context, "a.example");
            X509Certificate second = await().atMost(PATIENCE)
                    .until(
                            () -> shown(context, "a.example", tls),
                            now -> !now.getSerialNumber().equals(first.getSerialNumber()));
            assertThat(second.getNotAfter()).isAfter(first.getNotAfter());
            pebble.stop();
            await().atMost(PATIENCE).until(() -> ordered(weir, "a.example", "failed") >= 1);
            assertThat(shown(context, "a.example", tls)).isEqualTo(second);
            awaitOrdered(weir, "a.example", 2);
        }
    }

    @Test
    void name_thatLeadsElsewhere_isRefusedByTheAuthority() throws Exception {
        pebble.start(LONG);
        int elsewhere = Programs.freePort();
        try (RunningWeir weir = weir("a.example", "challenge: http-01", elsewhere, tls)) {
            await().atMost(PATIENCE).until(() -> ordered(weir, "a.example", "failed") >= 1);
            assertThatThrownBy(() -> shown(SSLContext.getDefault(), "a.example", tls))
                    .isInstanceOf(SSLException.class);
        }
    }

    @Test
    void processes_thatShareTheStorage_orderOnce() throws Exception {
        pebble.start(LONG);
        SSLContext context = trusting(pebble.root());
        int otherTls = Programs.freePort();
        try (RunningWeir one = weir("a.example", "challenge: http-01");
                RunningWeir other = weir("a.example", "challenge: http-01", Programs.freePort(), otherTls)) {
            X509Certificate shown = awaitShown(context, "a.example");
            await().atMost(PATIENCE)
                    .ignoreExceptionsInstanceOf(IOException.class)
                    .until(() -> shown(context, "a.example", otherTls), shown::equals);
            await().untilAsserted(() -> assertThat(ordered(one, "a.example", "ok") + ordered(other, "a.example", "ok"))
                    .isOne());
        }
    }

    @Test
    void path_ofAChallengeThatNobodyExpects_takesItsWay() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                RunningWeir weir = RunningWeir.of(
                        """
                        listeners:
                          - { bind: "127.0.0.1:%d" }
                          - bind: "127.0.0.1:%d"
                            tls: { acme: { domains: [a.example], storage: "%s", %s, challenge: http-01 } }
                        pools: { web: { servers: ["%s"] } }
                        """.formatted(plain, tls, folder.resolve("acme"), pebble.keys(), server.address()));
                RawClient client = new RawClient(plain)) {
            client.send("GET /.well-known/acme-challenge/abc HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            assertThat(client.readToEnd()).startsWith("HTTP/1.1 200").endsWith("ok");
        }
    }
}
