package dev.weir.http2;

import io.netty.util.AsciiString;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Short texts that come again and again, so that the same names and values need not be made anew for each message; also
 * their hashes, which compression asks for, are then known. Each text has one place and gives it up to the next that
 * wants it, so the size is bounded whatever is sent. Confined to one thread.
 */
final class TextCache {
    private static final int PLACE_BITS = 9;
    private static final int LONGEST = 64;
    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final long ANY_CASE = 0x2020_2020_2020_2020L;

    private final @Nullable AsciiString[] places = new AsciiString[1 << PLACE_BITS];

    /** The range as a text of its own. */
    AsciiString text(byte[] bytes, int from, int to) {
        if (to - from > LONGEST) {
            return new AsciiString(bytes, from, to - from, true);
        }
        int place = place(bytes, from, to);
        AsciiString cached = places[place];
        if (cached != null && equals(cached, bytes, from, to)) {
            return cached;
        }
        AsciiString text = new AsciiString(bytes, from, to - from, true);
        places[place] = text;
        return text;
    }

    /** The range, which has ASCII only, in lower case. */
    AsciiString name(byte[] bytes, int from, int to) {
        int place = place(bytes, from, to);
        AsciiString cached = places[place];
        // Mostly it is in lower case already, which is told faster.
        if (cached != null && (equals(cached, bytes, from, to) || spells(cached, bytes, from, to))) {
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

    /** From the length and both ends, whatever case they are in: reading all of it would cost more than a wrong guess. */
    private static int place(byte[] bytes, int from, int to) {
        int length = to - from;
        long ends;
        if (length >= Long.BYTES) {
            ends = word(bytes, from) * 31 + word(bytes, to - Long.BYTES);
        } else {
            ends = 0;
            for (int at = from; at < to; at++) {
                ends = (ends << Byte.SIZE) | (bytes[at] | 0x20);
            }
        }
        return (int) (((ends + length) * 0x9E37_79B9_7F4A_7C15L) >>> (Long.SIZE - PLACE_BITS));
    }

    private static long word(byte[] bytes, int at) {
        return (long) WORD.get(bytes, at) | ANY_CASE;
    }

    private static boolean equals(AsciiString cached, byte[] bytes, int from, int to) {
        return Arrays.equals(cached.array(), 0, cached.length(), bytes, from, to);
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
