package dev.weir.testing;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.netty.util.NetUtil;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;

/** A certificate authority for one test, and what it issues, as PEM files in a folder. Its root is its only certificate. */
public final class TestAuthority {
    private static final String SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
    private static final int SEQUENCE = 0x30;
    private static final int DNS_NAME = 0x82;
    private static final int IP_ADDRESS = 0x87;

    private final Path directory;
    private final X509Bundle root;
    private final Path rootFile;

    private TestAuthority(Path directory, X509Bundle root, Path rootFile) {
        this.directory = directory;
        this.root = root;
        this.rootFile = rootFile;
    }

    /** A new authority whose files go to this folder, for example a {@code @TempDir}. */
    public static TestAuthority in(Path directory) throws Exception {
        return named("test authority", directory);
    }

    /** The same with a name of its own, for tests that have two: the name is a part of the names of its files. */
    public static TestAuthority named(String name, Path directory) throws Exception {
        X509Bundle root = new CertificateBuilder()
                .subject("CN=" + name)
                .setIsCertificateAuthority(true)
                .setKeyUsage(true, CertificateBuilder.KeyUsage.keyCertSign, CertificateBuilder.KeyUsage.cRLSign)
                .ecp256()
                .buildSelfSigned();
        Path file = directory.resolve(name.replace(' ', '-') + ".pem");
        Files.writeString(file, root.getCertificatePEM());
        return new TestAuthority(directory, root, file);
    }

    /** The root certificate, which is what a client or server has to trust. */
    public Path file() {
        return rootFile;
    }

    public X509Bundle root() {
        return root;
    }

    /** A server's ECDSA certificate (P-256) for these DNS names, perhaps wildcards, and addresses; the first one is its subject. */
    public Issued server(String... names) throws Exception {
        return issue(names[0] + "-ec", serverBuilder(names).ecp256());
    }

    /** A server's RSA certificate (2048 bits). */
    public Issued rsaServer(String... names) throws Exception {
        return issue(names[0] + "-rsa", serverBuilder(names).rsa2048());
    }

    /** A client's ECDSA certificate. */
    public Issued client(String commonName) throws Exception {
        return issue(
                commonName + "-client",
                new CertificateBuilder()
                        .subject("CN=" + commonName)
                        .addExtendedKeyUsageClientAuth()
                        .ecp256());
    }

    /** What {@link #server} is built by, for tests that change something about it. */
    public static CertificateBuilder serverBuilder(String... names) {
        // Written here and not by the builder, which takes no wildcards.
        return new CertificateBuilder()
                .subject("CN=" + names[0])
                .addExtendedKeyUsageServerAuth()
                .addExtensionOctetString(SUBJECT_ALTERNATIVE_NAME, false, alternativeNames(names));
    }

    /** GeneralNames of RFC 5280 section 4.2.1.6 in DER: dNSName and iPAddress. */
    private static byte[] alternativeNames(String... names) {
        ByteArrayOutputStream list = new ByteArrayOutputStream();
        for (String name : names) {
            byte[] address = NetUtil.createByteArrayFromIpAddressString(name);
            byte[] value = address == null ? name.getBytes(StandardCharsets.US_ASCII) : address;
            list.write(address == null ? DNS_NAME : IP_ADDRESS);
            list.write(value.length);
            list.writeBytes(value);
        }
        if (list.size() > 127) {
            throw new IllegalArgumentException("names: longer than one byte of length can say");
        }
        ByteArrayOutputStream sequence = new ByteArrayOutputStream();
        sequence.write(SEQUENCE);
        sequence.write(list.size());
        sequence.writeBytes(list.toByteArray());
        return sequence.toByteArray();
    }

    /** Issues any certificate; the files are named so. */
    public Issued issue(String fileName, CertificateBuilder builder) throws Exception {
        X509Bundle bundle = builder.buildIssuedBy(root);
        String base = fileName.replace('*', '_');
        Path chain = directory.resolve(base + ".pem");
        Path key = directory.resolve(base + ".key");
        write(chain, bundle.getCertificatePEM());
        write(key, bundle.getPrivateKeyPEM());
        return new Issued(chain, key, bundle);
    }

    /** By a move, so that whoever watches the file never sees a half of it. */
    private static void write(Path target, String text) throws IOException {
        Path written = target.resolveSibling(target.getFileName() + ".new");
        Files.writeString(written, text);
        Files.move(written, target, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }

    /** For clients that trust this authority alone. */
    public SSLContext trusting() throws GeneralSecurityException {
        return context(null);
    }

    /** The same, with a certificate of their own. */
    public SSLContext trusting(Issued client) throws Exception {
        return context(client.bundle().toKeyManagerFactory().getKeyManagers());
    }

    private SSLContext context(KeyManager @org.jspecify.annotations.Nullable [] own) throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        try {
            context.init(own, root.toTrustManagerFactory().getTrustManagers(), null);
        } catch (GeneralSecurityException e) {
            throw e;
        } catch (Exception e) {
            throw new GeneralSecurityException(e);
        }
        return context;
    }

    /**
     * A certificate with its key.
     *
     * @param chain the PEM file of the certificate
     * @param key the PEM file of the private key (PKCS #8)
     */
    public record Issued(Path chain, Path key, X509Bundle bundle) {
        /** The two files as an element of {@code tls.certificates}. */
        public String yaml() {
            return "{ cert: \"" + chain + "\", key: \"" + key + "\" }";
        }

        /** For servers that show this certificate. */
        public SSLContext context() throws Exception {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(bundle.toKeyManagerFactory().getKeyManagers(), null, null);
            return context;
        }
    }
}
