package dev.weir.http;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Byte classes and searches over eight bytes at a time. Searches read up to {@link #SLACK} bytes behind the range they
 * are asked about, so arrays are allocated that much longer; what lies there has no influence on the result.
 */
final class Octets {
    static final int SLACK = 8;
    static final byte HTAB = '\t';
    static final byte LF = '\n';
    static final byte CR = '\r';
    static final byte SP = ' ';

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;
    private static final byte[] TOKEN = classOf("!#$%&'*+-.^_`|~");
    // reg-name of RFC 3986 section 3.2.2; a percent sign needs two hexadecimal digits behind it
    private static final byte[] HOST = classOf("-._~!$&'()*+,;=%");

    private Octets() {}

    /** The eight bytes from there, the first one lowest. */
    static long word(byte[] bytes, int at) {
        return (long) LONGS.get(bytes, at);
    }

    /** A mask of the lowest {@code count} bytes, 1 to 8. */
    static long lowBytes(int count) {
        return -1L >>> (64 - 8 * count);
    }

    static boolean isToken(byte octet) {
        return TOKEN[octet & 0xFF] != 0;
    }

    static boolean isHost(byte octet) {
        return HOST[octet & 0xFF] != 0;
    }

    static boolean isDigit(byte octet) {
        return octet >= '0' && octet <= '9';
    }

    static boolean isSpace(byte octet) {
        return octet == SP || octet == HTAB;
    }

    /** The value of a hexadecimal digit, or -1. */
    static int hexDigit(byte octet) {
        if (isDigit(octet)) {
            return octet - '0';
        }
        int letter = octet | 0x20;
        return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
    }

    static byte lower(byte octet) {
        return octet >= 'A' && octet <= 'Z' ? (byte) (octet + 32) : octet;
    }

    /** The first byte that a token may not have, or {@code limit}. */
    static int tokenEnd(byte[] bytes, int from, int limit) {
        int at = from;
        while (at < limit) {
            long other = neitherLetterNorHyphen(word(bytes, at));
            if (other != 0) {
                at += Long.numberOfTrailingZeros(other) >>> 3;
                break;
            }
            at += 8;
        }
        while (at < limit && TOKEN[bytes[at] & 0xFF] != 0) {
            at++;
        }
        return Math.min(at, limit);
    }

    /** The first control byte other than HTAB, or {@code limit}. */
    static int textEnd(byte[] bytes, int from, int limit) {
        int at = from;
        while (true) {
            at = printableEnd(bytes, at, limit);
            if (at >= limit) {
                return limit;
            }
            long word = word(bytes, at);
            long control = below(word, 0x20) | equal(word, 0x7F);
            if (control == 0) {
                at += 8;
                continue;
            }
            at += Long.numberOfTrailingZeros(control) >>> 3;
            if (at >= limit) {
                return limit;
            }
            if (bytes[at] != HTAB) {
                return at;
            }
            at++;
        }
    }

    /** The first eight bytes that are not all printable ASCII, or something behind the limit. */
    private static int printableEnd(byte[] bytes, int from, int limit) {
        for (int at = from; at < limit; at += 8) {
            long word = word(bytes, at);
            if ((((word - ONES * 0x20) | (word + ONES)) & HIGHS) != 0) {
                return at;
            }
        }
        return limit;
    }

    /** The first byte that is not visible ASCII, or is '#', or {@code limit}. */
    static int targetEnd(byte[] bytes, int from, int limit) {
        for (int at = from; at < limit; at += 8) {
            long word = word(bytes, at);
            long found = below(word, 0x21) | equal(word, 0x7F) | equal(word, '#') | (word & HIGHS);
            if (found != 0) {
                return Math.min(at + (Long.numberOfTrailingZeros(found) >>> 3), limit);
            }
        }
        return limit;
    }

    /** The first such byte, or {@code limit}. */
    static int indexOf(byte[] bytes, int from, int limit, char octet) {
        for (int at = from; at < limit; at += 8) {
            long found = equal(word(bytes, at), octet);
            if (found != 0) {
                return Math.min(at + (Long.numberOfTrailingZeros(found) >>> 3), limit);
            }
        }
        return limit;
    }

    /** Whether the range spells the lower-case word, whatever its case. */
    static boolean spells(byte[] bytes, int from, int to, byte[] lowerCase) {
        if (to - from != lowerCase.length) {
            return false;
        }
        for (int i = 0; i < lowerCase.length; i++) {
            if (lower(bytes[from + i]) != lowerCase[i]) {
                return false;
            }
        }
        return true;
    }

    /** Whether two ranges spell the same word, whatever its case. */
    static boolean sameName(byte[] bytes, int from, int to, int otherFrom, int otherTo) {
        if (to - from != otherTo - otherFrom) {
            return false;
        }
        for (int i = 0; i < to - from; i++) {
            if (lower(bytes[from + i]) != lower(bytes[otherFrom + i])) {
                return false;
            }
        }
        return true;
    }

    /** Marks the bytes of which most names have none; exact for each byte, since nothing carries into the next one. */
    private static long neitherLetterNorHyphen(long word) {
        long seven = word & ~HIGHS;
        long small = seven | (ONES * 0x20);
        long letter = (small + ONES * (0x80 - 'a')) & ~(small + ONES * (0x80 - 'z' - 1));
        long hyphen = ~((seven ^ (ONES * '-')) + ONES * 0x7F);
        return ~((letter | hyphen) & ~word) & HIGHS;
    }

    // Of both marks only the lowest one is exact: a borrow can spill into the bytes above it. It is all that is used.

    private static long below(long word, int octet) {
        return (word - ONES * octet) & ~word & HIGHS;
    }

    private static long equal(long word, int octet) {
        long zeroWhereEqual = word ^ (ONES * octet);
        return (zeroWhereEqual - ONES) & ~zeroWhereEqual & HIGHS;
    }

    private static byte[] classOf(String punctuation) {
        byte[] members = new byte[256];
        Arrays.fill(members, '0', '9' + 1, (byte) 1);
        Arrays.fill(members, 'A', 'Z' + 1, (byte) 1);
        Arrays.fill(members, 'a', 'z' + 1, (byte) 1);
        for (int i = 0; i < punctuation.length(); i++) {
            members[punctuation.charAt(i)] = 1;
        }
        return members;
    }
}
