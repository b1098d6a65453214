package dev.weir.observe;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.HexFormat;

/**
 * How bytes are written that may not stand for themselves in a line: control characters, quotes, backslashes, and all
 * that is not ASCII. So no client can end a line, leave its quotes, or write what is no text.
 */
final class Escaping {
    /** As JSON escapes characters, each byte taken for one of ISO 8859-1. */
    static final Escaping JSON = new Escaping("\\u00");

    /** As web servers do in their logs. */
    static final Escaping COMBINED = new Escaping("\\x");

    /** No byte or character becomes more bytes than this. */
    static final int LONGEST = 6;

    private static final long EACH = 0x0101_0101_0101_0101L;
    private static final long HIGH_BITS = 0x8080_8080_8080_8080L;

    private final byte[][] texts = new byte[256][];

    private Escaping(String prefix) {
        HexFormat hex = HexFormat.of().withUpperCase();
        for (int b = 0; b < texts.length; b++) {
            boolean plain = b >= ' ' && b <= '~' && b != '"' && b != '\\';
            texts[b] = plain ? new byte[0] : (prefix + hex.toHexDigits((byte) b)).getBytes(US_ASCII);
        }
    }

    /** The text to write for a byte; empty when it stands for itself. Not to be changed. */
    byte[] of(byte b) {
        return texts[b & 0xFF];
    }

    /** The text to write for a character of Weir's own names; empty when it stands for itself. */
    byte[] of(char c) {
        return c < texts.length ? texts[c] : ("\\u" + HexFormat.of().toHexDigits(c)).getBytes(US_ASCII);
    }

    /** Whether any of eight bytes does not stand for itself. */
    static boolean isNeeded(long eight) {
        long control = (eight - ' ' * EACH) & ~eight;
        long special = zeros(eight ^ '"' * EACH) | zeros(eight ^ '\\' * EACH) | zeros(eight ^ 0x7F * EACH);
        return ((eight | control | special) & HIGH_BITS) != 0;
    }

    // Sets a high bit when there is a zero byte, none when there is not.
    private static long zeros(long eight) {
        return (eight - EACH) & ~eight;
    }
}
