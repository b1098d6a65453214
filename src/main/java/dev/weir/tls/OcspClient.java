package dev.weir.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.x509.AccessDescription;
import org.bouncycastle.asn1.x509.AuthorityInformationAccess;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.bouncycastle.cert.ocsp.BasicOCSPResp;
import org.bouncycastle.cert.ocsp.CertificateID;
import org.bouncycastle.cert.ocsp.OCSPException;
import org.bouncycastle.cert.ocsp.OCSPReqBuilder;
import org.bouncycastle.cert.ocsp.OCSPResp;
import org.bouncycastle.cert.ocsp.RevokedStatus;
import org.bouncycastle.cert.ocsp.SingleResp;
import org.bouncycastle.operator.DigestCalculatorProvider;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Asks a responder about a certificate and believes its answer only when it verifies (RFC 6960): signed by the issuer or by
 * whom the issuer lets, about this very certificate, and of these days. It refers to Bouncy Castle, which is loaded with the
 * first question. Blocks.
 */
final class OcspClient {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int LONGEST = 64 << 10;
    /** By so much may the responder's clock be ahead. */
    private static final Duration SKEW = Duration.ofMinutes(5);

    private static final String SIGNS_ANSWERS = "1.3.6.1.5.5.7.3.9";

    private OcspClient() {}

    /**
     * Fetches an answer and verifies it; null when the certificate names no responder.
     *
     * @throws IOException with a clause for the user
     */
    static @Nullable OcspAnswer fetch(X509Certificate certificate, X509Certificate issuer, Instant now)
            throws IOException, InterruptedException {
        URI responder = responder(certificate);
        if (responder == null) {
            return null;
        }
        try {
            CertificateID id = id(certificate, issuer);
            byte[] question = new OCSPReqBuilder().addRequest(id).build().getEncoded();
            return verified(ask(responder, question), certificate, issuer, now);
        } catch (OCSPException | OperatorCreationException | GeneralSecurityException | RuntimeException broken) {
            throw new IOException("the answer of " + responder + " cannot be read: " + broken.getMessage(), broken);
        }
    }

    /** The responder that the certificate names; null when it names none that can be asked. */
    static @Nullable URI responder(X509Certificate certificate) {
        byte[] extension = certificate.getExtensionValue(Extension.authorityInfoAccess.getId());
        if (extension == null) {
            return null;
        }
        byte[] content = ASN1OctetString.getInstance(extension).getOctets();
        for (AccessDescription one :
                AuthorityInformationAccess.getInstance(content).getAccessDescriptions()) {
            GeneralName where = one.getAccessLocation();
            if (one.getAccessMethod().equals(AccessDescription.id_ad_ocsp)
                    && where.getTagNo() == GeneralName.uniformResourceIdentifier) {
                String address = where.getName().toString();
                return address.startsWith("http://") || address.startsWith("https://") ? URI.create(address) : null;
            }
        }
        return null;
    }

    private static CertificateID id(X509Certificate certificate, X509Certificate issuer)
            throws OCSPException, OperatorCreationException, GeneralSecurityException {
        return new CertificateID(
                digests().get(CertificateID.HASH_SHA1),
                new JcaX509CertificateHolder(issuer),
                certificate.getSerialNumber());
    }

    private static DigestCalculatorProvider digests() throws OperatorCreationException {
        return new JcaDigestCalculatorProviderBuilder().build();
    }

    private static byte[] ask(URI responder, byte[] question) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(responder)
                .timeout(PATIENCE)
                .header("Content-Type", "application/ocsp-request")
                .POST(HttpRequest.BodyPublishers.ofByteArray(question))
                .build();
        try (HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(PATIENCE)
                .proxy(ProxySelector.getDefault())
                .build()) {
            HttpResponse<InputStream> response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = response.body()) {
                byte[] answer = body.readNBytes(LONGEST + 1);
                if (response.statusCode() != 200 || answer.length > LONGEST) {
                    throw new IOException("the responder " + responder + " answers with status " + response.statusCode()
                            + " and " + answer.length + " bytes");
                }
                return answer;
            }
        } catch (IOException unreachable) {
            throw new IOException("the responder " + responder + " cannot be asked: " + unreachable, unreachable);
        }
    }

    /** An answer that verifies, and says that the certificate is good. */
    static OcspAnswer verified(byte[] answer, X509Certificate certificate, X509Certificate issuer, Instant now)
            throws IOException, OCSPException, OperatorCreationException, GeneralSecurityException {
        OCSPResp response = new OCSPResp(answer);
        if (response.getStatus() != OCSPResp.SUCCESSFUL
                || !(response.getResponseObject() instanceof BasicOCSPResp basic)) {
            throw new IOException("the responder has no answer (status " + response.getStatus() + ")");
        }
        if (!isSigned(basic, issuer, now)) {
            throw new IOException("the answer is signed neither by the issuer nor by whom it lets");
        }
        for (SingleResp one : basic.getResponses()) {
            if (one.getCertID().getSerialNumber().equals(certificate.getSerialNumber())
                    && one.getCertID().matchesIssuer(new JcaX509CertificateHolder(issuer), digests())) {
                return current(answer, one, now);
            }
        }
        throw new IOException("the answer is about another certificate");
    }

    private static OcspAnswer current(byte[] answer, SingleResp about, Instant now) throws IOException {
        Date next = about.getNextUpdate();
        Instant begin = about.getThisUpdate().toInstant();
        if (next == null) {
            throw new IOException("the answer does not say until when it holds");
        }
        if (begin.isAfter(now.plus(SKEW)) || !next.toInstant().isAfter(now)) {
            throw new IOException("the answer is of another time: from " + begin + " to " + next.toInstant());
        }
        if (about.getCertStatus() instanceof RevokedStatus) {
            throw new IOException("the certificate has been revoked; it should be replaced");
        }
        if (about.getCertStatus() != null) { // which Bouncy Castle has for "good"
            throw new IOException("the responder does not know the certificate");
        }
        return new OcspAnswer(answer, begin, next.toInstant());
    }

    private static boolean isSigned(BasicOCSPResp answer, X509Certificate issuer, Instant now)
            throws OCSPException, OperatorCreationException, IOException, GeneralSecurityException {
        if (isSigned(answer, issuer.getPublicKey())) {
            return true;
        }
        for (X509CertificateHolder shown : answer.getCerts()) {
            X509Certificate signer = (X509Certificate) CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(shown.getEncoded()));
            if (isLet(signer, issuer, now) && isSigned(answer, signer.getPublicKey())) {
                return true;
            }
        }
        return false;
    }

    private static boolean isSigned(BasicOCSPResp answer, PublicKey key) throws OperatorCreationException {
        try {
            return answer.isSignatureValid(new JcaContentVerifierProviderBuilder().build(key));
        } catch (OCSPException otherKindOfKey) {
            return false;
        }
    }

    /** Whether the issuer itself has made this the certificate of a responder (RFC 6960 section 4.2.2.2). */
    private static boolean isLet(X509Certificate signer, X509Certificate issuer, Instant now)
            throws GeneralSecurityException {
        List<String> uses = signer.getExtendedKeyUsage();
        if (uses == null || !uses.contains(SIGNS_ANSWERS)) {
            return false;
        }
        try {
            signer.checkValidity(Date.from(now));
            signer.verify(issuer.getPublicKey());
            return signer.getIssuerX500Principal().equals(issuer.getSubjectX500Principal());
        } catch (GeneralSecurityException another) {
            return false;
        }
    }
}
