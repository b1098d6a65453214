package dev.weir.testing;

import static org.awaitility.Awaitility.await;

import io.netty.pkitesting.CertificateBuilder;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Locale;

/** The responder that openssl has, speaking for a test's authority. Its answers hold for some minutes. */
public final class OcspResponder implements AutoCloseable {
    private static final String AUTHORITY_INFORMATION_ACCESS = "1.3.6.1.5.5.7.1.1";
    private static final byte[] OCSP = HexFormat.of().parseHex("06082b06010505073001");
    private static final int SEQUENCE = 0x30;
    private static final int URI = 0x86;

    private final Programs programs = new Programs();
    private final Path folder;
    private final TestAuthority authority;
    private final int port;
    private final StringBuilder index = new StringBuilder();
    private int issued;

    private OcspResponder(Path folder, TestAuthority authority, int port) {
        this.folder = folder;
        this.authority = authority;
        this.port = port;
    }

    /** Leaves the test out where openssl is not installed; it is not started yet. */
    public static OcspResponder of(TestAuthority authority, Path folder) throws Exception {
        Programs.assumeInstalled("openssl");
        return new OcspResponder(folder, authority, Programs.freePort());
    }

    /** Issues a server's certificate that names this responder; its file holds the issuer too. */
    public TestAuthority.Issued issue(String name, boolean revoked) throws Exception {
        CertificateBuilder builder = TestAuthority.serverBuilder(name)
                .ecp256()
                .serial(BigInteger.valueOf(0x7A000000L + ++issued)) // all of one length
                .addExtensionOctetString(AUTHORITY_INFORMATION_ACCESS, false, access());
        TestAuthority.Issued made = authority.issue(name, builder);
        Files.writeString(
                made.chain(), Files.readString(made.chain()) + authority.root().getCertificatePEM());
        String serial = made.bundle().getCertificate().getSerialNumber().toString(16);
        String even = serial.length() % 2 == 0 ? serial : "0" + serial;
        index.append(revoked ? "R\t491231235959Z\t250101000000Z\t" : "V\t491231235959Z\t\t")
                .append(even.toUpperCase(Locale.ROOT))
                .append("\tunknown\t/CN=")
                .append(name)
                .append('\n');
        return made;
    }

    private byte[] access() {
        byte[] address = ("http://127.0.0.1:" + port + "/").getBytes(StandardCharsets.US_ASCII);
        return tagged(SEQUENCE, tagged(SEQUENCE, OCSP, tagged(URI, address)));
    }

    private static byte[] tagged(int tag, byte[]... parts) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        ByteArrayOutputStream tagged = new ByteArrayOutputStream();
        tagged.write(tag);
        tagged.write(content.size());
        tagged.writeBytes(content.toByteArray());
        return tagged.toByteArray();
    }

    /** Starts it for what has been issued. */
    public void start() throws Exception {
        Path database = Files.writeString(folder.resolve("index.txt"), index);
        Path key = Files.writeString(
                folder.resolve("responder.key"), authority.root().getPrivateKeyPEM());
        Path log = folder.resolve("responder.log");
        programs.start(
                log,
                ("openssl ocsp -port " + port + " -nmin 5 -index " + database + " -CA " + authority.file()
                                + " -rsigner " + authority.file() + " -rkey " + key)
                        .split(" "));
        // A connection without a question would make it wait for one forever.
        await().atMost(Duration.ofSeconds(60)).until(() -> Files.readString(log).contains("waiting for"));
    }

    @Override
    public void close() throws InterruptedException {
        programs.close();
    }
}
