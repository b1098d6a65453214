package dev.weir.tls;

import io.netty.handler.ssl.OpenSslSessionTicketKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The keys that encrypt session tickets, the newest first: it encrypts, all decrypt. Either read from files or made here
 * and renewed. For one thread.
 *
 * <p>A ticket stands for the verification that its first handshake did. So keys from files are not used as they are but
 * with the listener's demands on clients mixed in: a ticket of a listener that asks for no certificate is worth nothing
 * at one that does, although both name the same file.
 */
final class TicketKeys {
    static final int BYTES = 48;
    /** As long as a ticket of the oldest of {@link #KEPT} own keys is still good for something. */
    static final Duration RENEWAL = Duration.ofHours(12);

    private static final int KEPT = 3;
    private static final int PART = 16;

    private final SecureRandom random = new SecureRandom();
    private final List<byte[]> own = new ArrayList<>();
    private long renewed;

    /** @param now as {@link System#nanoTime()} tells it */
    TicketKeys(long now) {
        renew(now);
    }

    private void renew(long now) {
        byte[] key = new byte[BYTES];
        random.nextBytes(key);
        own.addFirst(key);
        if (own.size() > KEPT) {
            own.removeLast();
        }
        renewed = now;
    }

    /** Renews the own keys when it is time; tells whether it did. */
    boolean renewWhenDue(long now) {
        if (now - renewed < RENEWAL.toNanos()) {
            return false;
        }
        renew(now);
        return true;
    }

    /** The own keys and their age, for a process that goes on with them. */
    byte[] export(long now) {
        ByteBuffer out = ByteBuffer.allocate(Long.BYTES + own.size() * BYTES);
        out.putLong(now - renewed);
        own.forEach(out::put);
        return out.array();
    }

    /** Goes on with the keys of another process, which {@link #export} gave. */
    void adopt(ByteBuffer exported, long now) {
        renewed = now - exported.getLong();
        own.clear();
        while (exported.remaining() >= BYTES && own.size() < KEPT) {
            byte[] key = new byte[BYTES];
            exported.get(key);
            own.add(key);
        }
    }

    /** The own keys. */
    OpenSslSessionTicketKey[] own() {
        return own.stream().map(TicketKeys::parts).toArray(OpenSslSessionTicketKey[]::new);
    }

    /**
     * The keys of these files. Blocks.
     *
     * @param demands what the listener demands of clients
     * @throws IOException with a sentence for the user
     */
    static OpenSslSessionTicketKey[] read(List<Path> files, byte[] demands) throws IOException {
        List<OpenSslSessionTicketKey> keys = new ArrayList<>();
        for (Path file : files) {
            byte[] secret = PemFiles.bytes(file);
            if (secret.length != BYTES) {
                throw new IOException("the ticket key " + file + " has " + secret.length + " bytes instead of " + BYTES
                        + "; 'openssl rand -out " + file + " " + BYTES + "' makes one");
            }
            keys.add(parts(derive(secret, demands)));
        }
        return keys.toArray(new OpenSslSessionTicketKey[0]);
    }

    private static byte[] derive(byte[] secret, byte[] demands) {
        try {
            Mac mac = Mac.getInstance("HmacSHA384");
            mac.init(new SecretKeySpec(secret, "HmacSHA384"));
            mac.update("weir session tickets 1".getBytes(StandardCharsets.US_ASCII));
            return mac.doFinal(demands);
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static OpenSslSessionTicketKey parts(byte[] key) {
        return new OpenSslSessionTicketKey(
                Arrays.copyOf(key, PART),
                Arrays.copyOfRange(key, PART, 2 * PART),
                Arrays.copyOfRange(key, 2 * PART, BYTES));
    }
}
