package dev.weir.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.ConfigProblem;
import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import dev.weir.testing.TestAuthority;
import dev.weir.testing.TestAuthority.Issued;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CertificateCheckTest {
    @TempDir
    Path folder;

    private TestAuthority authority;

    @BeforeEach
    void makeAuthority() throws Exception {
        authority = TestAuthority.in(folder);
    }

    /** Certificates begin on line 4. */
    private static CertificateCheck check(Instant now, String routes, String... certificates) {
        StringBuilder yaml = new StringBuilder("listeners:\n  - bind: \":443\"\n    tls: { certificates: [\n");
        for (String one : certificates) {
            yaml.append("      ").append(one).append(",\n");
        }
        yaml.append("    ] }\n").append(routes).append("pools: { web: { servers: [\"a:1\"] } }\n");
        ConfigResult result = ConfigReader.read("weir.yaml", yaml.toString());
        assertThat(result).isInstanceOf(ConfigResult.Sound.class);
        return CertificateCheck.of((ConfigResult.Sound) result, now);
    }

    private static String pem(X509Certificate certificate) throws CertificateEncodingException {
        String body = Base64.getMimeEncoder().encodeToString(certificate.getEncoded());
        return "-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----\n";
    }

    private static List<String> said(List<ConfigProblem> problems) {
        return problems.stream().map(ConfigProblem::message).toList();
    }

    @Test
    void certificates_sound_passSilently() throws Exception {
        CertificateCheck check = check(
                Instant.now(),
                "routes: [{ match: { host: a.example }, pool: web }, { match: { host: b.example.com }, pool: web }]\n",
                authority.server("a.example", "*.example.com").yaml(),
                authority.rsaServer("a.example").yaml());
        assertThat(check.errors()).isEmpty();
        assertThat(check.warnings()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "c2hvcnQ", "not in base64url", "+/CDMeqGQHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3M"})
    void sharedKeyOfAnAuthority_thatIsNone_isAnError(String text) throws Exception {
        Path key = Files.writeString(folder.resolve("shared.key"), text);
        ConfigResult result = ConfigReader.read("weir.yaml", """
                listeners:
                  - bind: ":443"
                    tls:
                      acme:
                        domains: [a.example]
                        accept-terms: on
                        storage: %s
                        external-account: { key-id: "1", key-file: %s }
                pools: { web: { servers: ["a:1"] } }
                """.formatted(folder.resolve("acme"), key));
        CertificateCheck check = CertificateCheck.of((ConfigResult.Sound) result, Instant.now());
        assertThat(said(check.errors()))
                .singleElement()
                .asString()
                .endsWith("key-file: " + key
                        + " holds no key of at least 32 bytes in base64url (letters, digits, '-' and '_'),"
                        + " as the authority gives it");
    }

    @Test
    void routes_withoutCertificate_areWarnedOf() throws Exception {
        String routes = "routes:\n  - { match: { host: b.example }, pool: web }\n"
                + "  - { match: { host: \"*.a.example\" }, pool: web }\n  - { match: { path: /a }, pool: web }\n";
        CertificateCheck check =
                check(Instant.now(), routes, authority.server("a.example").yaml());
        assertThat(check.errors()).isEmpty();
        assertThat(said(check.warnings()))
                .containsExactly(
                        "weir.yaml:7:22: routes[0].match.host: no certificate is for the host b.example",
                        "weir.yaml:8:22: routes[1].match.host: no certificate is for the host *.a.example");
    }

    @Test
    void pair_thatDoesNotBelongTogether_isAnError() throws Exception {
        Issued one = authority.server("a.example");
        Issued other = authority.server("b.example");
        CertificateCheck check = check(
                Instant.now(),
                "",
                "{ cert: " + one.chain() + ", key: " + other.key() + " }",
                "{ cert: none, key: nil }");
        assertThat(said(check.errors()))
                .containsExactly(
                        "weir.yaml:4:" + (22 + one.chain().toString().length())
                                + ": listeners[0].tls.certificates[0].key: the key in " + other.key()
                                + " is not the one of the certificate in " + one.chain(),
                        "weir.yaml:5:15: listeners[0].tls.certificates[1].cert: there is no file none",
                        "weir.yaml:5:26: listeners[0].tls.certificates[1].key: there is no file nil");
    }

    @Test
    void chain_inDisorder_isAnError() throws Exception {
        X509Bundle middle = new CertificateBuilder()
                .subject("CN=middle")
                .setIsCertificateAuthority(true)
                .ecp256()
                .buildIssuedBy(authority.root());
        X509Bundle leaf = TestAuthority.serverBuilder("a.example").ecp256().buildIssuedBy(middle);
        Path key = Files.writeString(folder.resolve("leaf.key"), leaf.getPrivateKeyPEM());
        String leafPem = pem(leaf.getCertificate());
        String middlePem = pem(middle.getCertificate());
        String rootPem = pem(authority.root().getCertificate());
        Path good = Files.writeString(folder.resolve("good.pem"), leafPem + middlePem);
        Path bad = Files.writeString(folder.resolve("bad.pem"), leafPem + rootPem + middlePem);
        assertThat(check(Instant.now(), "", "{ cert: " + good + ", key: " + key + " }")
                        .errors())
                .isEmpty();
        assertThat(said(check(Instant.now(), "", "{ cert: " + bad + ", key: " + key + " }")
                        .errors()))
                .singleElement()
                .asString()
                .contains("is not in order: its certificate 2 (CN=test authority) is not the one that signed");
    }

    @Test
    void certificate_expiredOrSoon_isSaid() throws Exception {
        String issued = authority.server("a.example").yaml();
        CertificateCheck late = check(Instant.now().plus(Duration.ofDays(400)), "", issued);
        assertThat(said(late.errors())).singleElement().asString().contains("has expired, at ");
        CertificateCheck early = check(Instant.now().minus(Duration.ofDays(400)), "", issued);
        assertThat(said(early.errors())).singleElement().asString().contains("is not valid before ");
        Instant end = authority
                .server("a.example")
                .bundle()
                .getCertificate()
                .getNotAfter()
                .toInstant();
        CertificateCheck soon = check(end.minus(Duration.ofHours(1)), "", issued);
        assertThat(soon.errors()).isEmpty();
        assertThat(said(soon.warnings()))
                .singleElement()
                .asString()
                .contains(" expires at ")
                .endsWith("renew it");
    }

    @Test
    void certificate_shownToNobody_isWarnedOf() throws Exception {
        CertificateCheck check = check(
                Instant.now(),
                "",
                authority.server("a.example", "b.example").yaml(),
                authority.server("b.example").yaml());
        assertThat(said(check.warnings()))
                .singleElement()
                .asString()
                .startsWith("weir.yaml:5:15: listeners[0].tls.certificates[1].cert: ")
                .contains("is shown to nobody");
    }
}
