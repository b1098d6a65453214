package dev.weir.tls;

import io.netty.util.NetUtil;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import org.jspecify.annotations.Nullable;

/**
 * A certificate with its private key, which belongs to it.
 *
 * @param file where the certificate was read
 * @param chain the certificate itself first
 * @param names the DNS names it is for, in lower case, wildcards as {@code *.example.com}
 */
record CertifiedKey(Path file, List<X509Certificate> chain, PrivateKey key, List<String> names) {
    private static final Duration TWO_WEEKS = Duration.ofDays(14);
    private static final int DNS_NAME = 2;
    private static final int IP_ADDRESS = 7;

    /**
     * Reads a pair of files. Blocks.
     *
     * @throws IOException with a sentence for the user, also when key and certificate do not belong together
     */
    static CertifiedKey read(String cert, String key) throws IOException {
        Path file = Path.of(cert);
        List<X509Certificate> chain = PemFiles.certificates(file);
        PrivateKey secret = PrivateKeys.read(Path.of(key));
        if (!belong(secret, chain.getFirst().getPublicKey())) {
            throw new IOException("the key in " + key + " is not the one of the certificate in " + cert);
        }
        return new CertifiedKey(file, chain, secret, names(chain.getFirst()));
    }

    /** {@code EC} or {@code RSA}. */
    String kind() {
        return key.getAlgorithm();
    }

    /** When the first certificate of the chain expires. */
    Instant expires() {
        return chain.stream()
                .map(one -> one.getNotAfter().toInstant())
                .min(Instant::compareTo)
                .orElseThrow();
    }

    /** How long before it expires it should have been renewed: two weeks, or a third of a short life. */
    Duration renewalDue() {
        Duration third = Duration.between(
                        chain.getFirst().getNotBefore().toInstant(),
                        chain.getFirst().getNotAfter().toInstant())
                .dividedBy(3);
        return third.compareTo(TWO_WEEKS) < 0 ? third : TWO_WEEKS;
    }

    /** What is wrong with the order of the chain, as a clause; null when each certificate is signed by the next. */
    @Nullable String disorder() {
        for (int i = 1; i < chain.size(); i++) {
            X509Certificate signed = chain.get(i - 1);
            X509Certificate signer = chain.get(i);
            if (!isSigned(signed, signer)) {
                return "its certificate " + (i + 1) + " (" + signer.getSubjectX500Principal()
                        + ") is not the one that signed the one before (" + signed.getSubjectX500Principal() + ")";
            }
        }
        return null;
    }

    private static boolean isSigned(X509Certificate signed, X509Certificate signer) {
        if (!signed.getIssuerX500Principal().equals(signer.getSubjectX500Principal())) {
            return false;
        }
        try {
            signed.verify(signer.getPublicKey());
            return true;
        } catch (GeneralSecurityException other) {
            return false;
        }
    }

    /** Whether a client that asks for this host is shown a certificate for it. */
    boolean covers(String host) {
        int dot = host.indexOf('.');
        return names.contains(host) || (dot > 0 && names.contains("*" + host.substring(dot)));
    }

    private static boolean belong(PrivateKey key, PublicKey shown) throws IOException {
        if (!key.getAlgorithm().equals(shown.getAlgorithm())) {
            return false;
        }
        try {
            byte[] probe = {1, 2, 3};
            Signature signature =
                    Signature.getInstance(key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA");
            signature.initSign(key);
            signature.update(probe);
            byte[] signed = signature.sign();
            signature.initVerify(shown);
            signature.update(probe);
            return signature.verify(signed);
        } catch (GeneralSecurityException unusable) {
            throw new IOException("a key cannot be used: " + unusable.getMessage(), unusable);
        }
    }

    /** The subject's common name counts only without alternative names, as it did before RFC 2818. */
    private static List<String> names(X509Certificate certificate) throws IOException {
        List<String> names = new ArrayList<>();
        try {
            Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
            for (List<?> one : alternatives == null ? List.<List<?>>of() : alternatives) {
                if (one.get(0).equals(DNS_NAME)) {
                    names.add(((String) one.get(1)).toLowerCase(Locale.ROOT));
                } else if (one.get(0).equals(IP_ADDRESS)) {
                    names.add(address((String) one.get(1)));
                }
            }
        } catch (CertificateParsingException broken) {
            throw new IOException("the names of a certificate cannot be read: " + broken.getMessage(), broken);
        }
        return names.isEmpty() ? commonName(certificate) : List.copyOf(names);
    }

    /** As a route's host is written. */
    private static String address(String text) {
        byte[] address = NetUtil.createByteArrayFromIpAddressString(text);
        return address != null && address.length == 16 ? "[" + NetUtil.bytesToIpAddress(address) + "]" : text;
    }

    private static List<String> commonName(X509Certificate certificate) {
        try {
            LdapName subject =
                    new LdapName(certificate.getSubjectX500Principal().getName());
            return subject.getRdns().stream()
                    .filter(rdn -> rdn.getType().equalsIgnoreCase("CN"))
                    .map(Rdn::getValue)
                    .map(name -> name.toString().toLowerCase(Locale.ROOT))
                    .toList();
        } catch (InvalidNameException unusual) {
            return List.of();
        }
    }
}
