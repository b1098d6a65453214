package dev.weir.control;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.weir.config.ConfigJson;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Short names for contents: the same content has the same name, after a restart too. */
public final class Digest {
    private static final int BYTES = 6;

    private Digest() {}

    /** Twelve hexadecimal digits. */
    public static String of(String text) {
        return of(text.getBytes(UTF_8));
    }

    /** As {@link #of(String)}, of bytes. */
    public static String of(byte[] content) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(content);
            return HexFormat.of().formatHex(hash, 0, BYTES);
        } catch (NoSuchAlgorithmException impossible) {
            throw new LinkageError("every JDK has SHA-256", impossible);
        }
    }

    /** Of what a section says, however it was written. */
    public static String of(Record section) {
        return of(ConfigJson.brief(section).toString());
    }
}
