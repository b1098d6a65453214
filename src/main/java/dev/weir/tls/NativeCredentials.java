package dev.weir.tls;

import io.netty.handler.ssl.OpenSsl;
import io.netty.internal.tcnative.Buffer;
import io.netty.internal.tcnative.SSL;
import io.netty.internal.tcnative.SSLCredential;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Certificates with their keys as BoringSSL holds them, so that it can choose among several by what the client knows:
 * Netty's own choice looks at what the server knows. Their memory is freed when nothing can use them any more, which only
 * the garbage collector knows, since a handshake may begin long before a renewal and ask for them after it.
 */
final class NativeCredentials {
    private static final Cleaner CLEANER = Cleaner.create();

    private final long[] pointers;

    private NativeCredentials(long[] pointers) {
        this.pointers = pointers;
        CLEANER.register(this, () -> free(pointers));
    }

    /** @throws IOException with a sentence for the user */
    static NativeCredentials of(List<CertifiedKey> pairs, List<byte[]> ocsp) throws IOException {
        OpenSsl.ensureAvailability(); // loads the library
        long[] pointers = new long[pairs.size()];
        try {
            for (int i = 0; i < pointers.length; i++) {
                pointers[i] = SSLCredential.newX509();
                fill(pointers[i], pairs.get(i));
                if (ocsp.get(i).length > 0) {
                    SSLCredential.setOcspResponse(pointers[i], ocsp.get(i));
                }
            }
            return new NativeCredentials(pointers);
        } catch (Exception refused) {
            free(pointers);
            throw new IOException("a certificate is refused by BoringSSL: " + refused.getMessage(), refused);
        }
    }

    /** Lets a connection choose among these. Within its handshake. */
    void offer(long ssl, List<Integer> indexes) {
        try {
            for (int index : indexes) {
                SSL.addCredential(ssl, pointers[index]);
            }
        } catch (Exception refused) {
            throw new IllegalStateException(refused);
        }
    }

    private static void fill(long credential, CertifiedKey pair) throws Exception {
        long key = 0;
        long chain = 0;
        try {
            key = parse(Pem.of("PRIVATE KEY", pair.key().getEncoded()), bio -> SSL.parsePrivateKey(bio, null));
            chain = parse(Pem.of(pair.chain()), SSL::parseX509Chain);
            SSLCredential.setPrivateKey(credential, key);
            SSLCredential.setCertChain(credential, chain);
        } finally {
            if (key != 0) {
                SSL.freePrivateKey(key);
            }
            if (chain != 0) {
                SSL.freeX509Chain(chain);
            }
        }
    }

    @FunctionalInterface
    private interface Parser {
        long parse(long bio) throws Exception;
    }

    private static long parse(String pem, Parser parser) throws Exception {
        byte[] bytes = pem.getBytes(StandardCharsets.US_ASCII);
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        long bio = SSL.newMemBIO();
        try {
            if (SSL.bioWrite(bio, Buffer.address(direct), bytes.length) != bytes.length) {
                throw new IllegalStateException("out of memory");
            }
            return parser.parse(bio);
        } finally {
            SSL.freeBIO(bio);
            direct.put(0, new byte[bytes.length]); // it may have been a key
        }
    }

    private static void free(long[] pointers) {
        for (long pointer : pointers) {
            try {
                if (pointer != 0) {
                    SSLCredential.free(pointer);
                }
            } catch (Exception impossible) {
                throw new IllegalStateException(impossible);
            }
        }
    }
}
