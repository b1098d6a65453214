package dev.weir.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.testing.TestAuthority;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads what OpenSSL writes. */
class PrivateKeysTest {
    @TempDir
    Path folder;

    private Path openssl(String arguments, Path in) throws Exception {
        Path out = folder.resolve("out.key");
        String[] words = ("openssl " + arguments + " -in " + in + " -out " + out).split(" ");
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(said).isZero();
        return out;
    }

    @Test
    void rsaKey_inEachForm_isTheSame() throws Exception {
        Path modern = TestAuthority.in(folder).rsaServer("a.example").key();
        PrivateKey key = PrivateKeys.read(modern);
        assertThat(key.getAlgorithm()).isEqualTo("RSA");
        Path old = openssl("rsa -traditional", modern);
        assertThat(Files.readString(old)).contains("BEGIN RSA PRIVATE KEY");
        assertThat(PrivateKeys.read(old)).isEqualTo(key);
    }

    @Test
    void ecKey_inEachForm_isTheSame() throws Exception {
        Path modern = TestAuthority.in(folder).server("a.example").key();
        PrivateKey key = PrivateKeys.read(modern);
        assertThat(key.getAlgorithm()).isEqualTo("EC");
        Path old = openssl("ec", modern);
        assertThat(Files.readString(old)).contains("BEGIN EC PRIVATE KEY");
        assertThat(secret(PrivateKeys.read(old))).isEqualTo(secret(key));
        String parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
        Path both = Files.writeString(folder.resolve("both.key"), parameters + Files.readString(old));
        assertThat(secret(PrivateKeys.read(both))).isEqualTo(secret(key));
    }

    /** The older form also carries the public key, so that not all of it is equal. */
    private static BigInteger secret(PrivateKey key) {
        return ((ECPrivateKey) key).getS();
    }

    @Test
    void encryptedKey_read_saysHowToDecryptIt() throws Exception {
        Path plain = TestAuthority.in(folder).server("a.example").key();
        Path encrypted = openssl("pkcs8 -topk8 -passout pass:secret", plain);
        assertThatThrownBy(() -> PrivateKeys.read(encrypted))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is encrypted; 'openssl pkey -in " + encrypted);
    }

    @Test
    void brokenKey_read_isRefused() throws IOException {
        for (String body : new String[] {"AAAA", "MAA=", "MIIB", "MIL/////", ""}) {
            for (String kind : new String[] {"PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"}) {
                Path file = Files.writeString(
                        folder.resolve("broken.key"),
                        "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n");
                assertThatThrownBy(() -> PrivateKeys.read(file))
                        .as(kind + " " + body)
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("cannot be read");
            }
        }
    }
}
