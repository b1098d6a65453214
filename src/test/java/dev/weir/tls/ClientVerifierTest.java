package dev.weir.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.weir.testing.TestAuthority;
import dev.weir.testing.TestAuthority.Issued;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslCertificateException;
import io.netty.internal.tcnative.CertificateVerifier;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClientVerifierTest {
    @TempDir
    Path folder;

    private static X509Certificate[] chain(Issued client) throws Exception {
        List<X509Certificate> chain = PemFiles.certificates(client.chain());
        return chain.toArray(new X509Certificate[0]);
    }

    @Test
    void certificateOfSomebodyElse_isOfAnUnknownAuthority() throws Exception {
        OpenSsl.ensureAvailability();
        TestAuthority authority = TestAuthority.in(folder);
        ClientVerifier verifier = ClientVerifier.of(PemFiles.certificates(authority.file()));
        X509Certificate[] alice = chain(authority.client("alice"));
        assertThatCode(() -> verifier.checkClientTrusted(alice, "UNKNOWN")).doesNotThrowAnyException();

        X509Certificate[] mallory = chain(TestAuthority.named("other", folder).client("mallory"));
        OpenSslCertificateException refused = catchThrowableOfType(
                OpenSslCertificateException.class, () -> verifier.checkClientTrusted(mallory, "UNKNOWN"));
        assertThat(refused.errorCode()).isEqualTo(CertificateVerifier.X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    }
}
