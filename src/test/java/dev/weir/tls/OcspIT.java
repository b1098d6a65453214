package dev.weir.tls;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.OcspResponder;
import dev.weir.testing.Programs;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.TestAuthority;
import dev.weir.testing.TestAuthority.Issued;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers of openssl's responder: fetched, verified, stapled. */
class OcspIT {
    @TempDir
    Path folder;

    private TestAuthority authority;
    private OcspResponder responder;

    @BeforeEach
    void prepare() throws Exception {
        authority = TestAuthority.in(folder);
        responder = OcspResponder.of(authority, folder);
    }

    @AfterEach
    void stop() throws Exception {
        responder.close();
    }

    private static X509Certificate certificate(Issued issued) {
        return issued.bundle().getCertificate();
    }

    private OcspAnswer fetch(Issued issued) throws Exception {
        X509Certificate root = authority.root().getCertificate();
        return requireNonNull(OcspClient.fetch(certificate(issued), root, Instant.now()));
    }

    @Test
    void answer_fetched_isStapled() throws Exception {
        Issued issued = responder.issue("a.example", false);
        responder.start();
        try (RunningWeir weir = RunningWeir.of("""
                event-loops: 1
                listeners: [{ bind: "127.0.0.1:0", tls: { fetch-ocsp: on, certificates: [%s] } }]
                pools: { web: { servers: ["127.0.0.1:1"] } }
                """.formatted(issued.yaml()));
                Programs programs = new Programs()) {
            String address = "127.0.0.1:" + weir.port();
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(programs.run(
                                    folder.resolve("client.log"),
                                    "openssl",
                                    "s_client",
                                    "-connect",
                                    address,
                                    "-servername",
                                    "a.example",
                                    "-CAfile",
                                    authority.file().toString(),
                                    "-status"))
                            .contains("OCSP Response Status: successful", "Cert Status: good"));
        }
    }

    @Test
    void answer_aboutARevokedCertificate_isNone() throws Exception {
        Issued issued = responder.issue("a.example", true);
        responder.start();
        assertThatThrownBy(() -> fetch(issued))
                .isInstanceOf(IOException.class)
                .hasMessage("the certificate has been revoked; it should be replaced");
    }

    @Test
    void answer_thatDoesNotVerify_isNone() throws Exception {
        Issued issued = responder.issue("a.example", false);
        Issued another = responder.issue("b.example", false);
        responder.start();
        OcspAnswer answer = fetch(issued);
        assertThat(Duration.between(answer.begin(), answer.end())).isEqualTo(Duration.ofMinutes(5));
        X509Certificate root = authority.root().getCertificate();
        X509Certificate otherRoot = TestAuthority.named("other", folder).root().getCertificate();
        Instant now = Instant.now();
        assertThatThrownBy(() -> OcspClient.verified(answer.der(), certificate(another), root, now))
                .hasMessage("the answer is about another certificate");
        assertThatThrownBy(() -> OcspClient.verified(answer.der(), certificate(issued), otherRoot, now))
                .hasMessage("the answer is signed neither by the issuer nor by whom it lets");
        for (Instant when : new Instant[] {answer.end(), answer.begin().minus(Duration.ofMinutes(6))}) {
            assertThatThrownBy(() -> OcspClient.verified(answer.der(), certificate(issued), root, when))
                    .hasMessageStartingWith("the answer is of another time: from ");
        }
        byte[] changed = withSerial(answer.der(), certificate(issued), certificate(another));
        assertThatThrownBy(() -> OcspClient.verified(changed, certificate(another), root, now))
                .hasMessage("the answer is signed neither by the issuer nor by whom it lets");
    }

    /** The answer about one certificate made into one about another. */
    private static byte[] withSerial(byte[] answer, X509Certificate from, X509Certificate to) {
        String hex = HexFormat.of().formatHex(answer);
        String serial = HexFormat.of().formatHex(from.getSerialNumber().toByteArray());
        String other = HexFormat.of().formatHex(to.getSerialNumber().toByteArray());
        assertThat(hex).contains(serial);
        assertThat(other).hasSameSizeAs(serial);
        return HexFormat.of().parseHex(hex.replace(serial, other));
    }

    @Test
    void responder_thatIsNotThere_isAFailure_andOneThatIsNotNamed_isNone() throws Exception {
        assertThatThrownBy(() -> fetch(responder.issue("a.example", false)))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("the responder http://127.0.0.1:");
        X509Certificate silent = certificate(authority.server("b.example"));
        assertThat(OcspClient.fetch(silent, authority.root().getCertificate(), Instant.now()))
                .isNull();
    }
}
