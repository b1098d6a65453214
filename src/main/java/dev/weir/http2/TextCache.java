package dev.weir.http2;

import io.netty.util.AsciiString;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Short texts that come again and again, so that the same names and values need not be made anew for each message; also
 * their hashes, which compression asks for, are then known. Each text has one place and gives it up to the next that
 * wants it, so the size is bounded whatever is sent. Confined to one thread.
 */
final class TextCache {
    private static final int PLACES = 512;
    private static final int LONGEST = 64;

    private final @Nullable AsciiString[] places = new AsciiString[PLACES];

    /** The range as a text of its own. */
    AsciiString text(byte[] bytes, int from, int to) {
        if (to - from > LONGEST) {
            return new AsciiString(bytes, from, to - from, true);
        }
        int hash = to - from;
        for (int at = from; at < to; at++) {
            hash = 31 * hash + bytes[at];
        }
        int place = place(hash);
        AsciiString cached = places[place];
        if (cached != null && Arrays.equals(cached.array(), 0, cached.length(), bytes, from, to)) {
            return cached;
        }
        AsciiString text = new AsciiString(bytes, from, to - from, true);
        places[place] = text;
        return text;
    }

    /** The range, which has ASCII only, in lower case. */
    AsciiString name(byte[] bytes, int from, int to) {
        int hash = to - from;
        for (int at = from; at < to; at++) {
            hash = 31 * hash + lower(bytes[at]);
        }
        int place = place(hash);
        AsciiString cached = places[place];
        if (cached != null && spells(cached, bytes, from, to)) {
            return cached;
        }
        byte[] name = Arrays.copyOfRange(bytes, from, to);
        for (int i = 0; i < name.length; i++) {
            name[i] = lower(name[i]);
        }
        AsciiString text = new AsciiString(name, false);
        if (name.length <= LONGEST) {
            places[place] = text;
        }
        return text;
    }

    private static int place(int hash) {
        return (hash * 0x9E3779B9) >>> (32 - Integer.numberOfTrailingZeros(PLACES));
    }

    private static boolean spells(AsciiString lowerCase, byte[] bytes, int from, int to) {
        if (lowerCase.length() != to - from) {
            return false;
        }
        byte[] wanted = lowerCase.array();
        for (int i = 0; i < wanted.length; i++) {
            if (wanted[i] != lower(bytes[from + i])) {
                return false;
            }
        }
        return true;
    }

    private static byte lower(byte octet) {
        return octet >= 'A' && octet <= 'Z' ? (byte) (octet + 32) : octet;
    }
}
