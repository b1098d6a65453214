package dev.weir.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Recognises a {@link Field} by its name, whatever its case, with a perfect hash over the name's length and at most
 * three words of it. The words together cover the whole name, so equal words are an equal name.
 */
final class FieldNames {
    private static final int LONGEST = 24;
    private static final int SLOT_BITS = 8;
    // Setting this bit makes a letter small. Of the bytes that a token may have, it maps no other one onto a byte of a
    // known name: names are checked to be tokens first.
    private static final long SMALL = 0x2020202020202020L;

    // Layout of one slot in `WORDS`.
    private static final int STRIDE = 4;
    private static final int FIRST = 0;
    private static final int MIDDLE = 1;
    private static final int LAST = 2;
    private static final int LENGTH = 3;

    private static final Field[] FIELDS = new Field[1 << SLOT_BITS];
    private static final long[] WORDS = new long[STRIDE << SLOT_BITS];
    private static final long FACTOR = fillWithoutCollision();

    private FieldNames() {}

    /** The field with the name in the range, which must be a token; the array has eight bytes more behind it. */
    static Field find(byte[] bytes, int from, int to) {
        int length = to - from;
        if (length > LONGEST) {
            return Field.OTHER;
        }
        long first = first(bytes, from, length);
        long last = length < 8 ? first : Octets.word(bytes, to - 8) | SMALL;
        int slot = slot(first, last, length, FACTOR);
        int at = slot * STRIDE;
        boolean same = first == WORDS[at + FIRST]
                && last == WORDS[at + LAST]
                && length == WORDS[at + LENGTH]
                && (length <= 16 || (Octets.word(bytes, from + 8) | SMALL) == WORDS[at + MIDDLE]);
        return same ? FIELDS[slot] : Field.OTHER;
    }

    private static long first(byte[] bytes, int from, int length) {
        long word = Octets.word(bytes, from) | SMALL;
        return length < 8 ? word & Octets.lowBytes(length) : word;
    }

    private static int slot(long first, long last, int length, long factor) {
        return (int) (((first + 31 * last + length) * factor) >>> (64 - SLOT_BITS));
    }

    /** Tries factors of a fixed sequence until every name has a slot of its own; returns that factor. */
    private static long fillWithoutCollision() {
        long factor = 0x9E3779B97F4A7C15L;
        while (!fill(factor)) {
            factor = factor * 6364136223846793005L + 1442695040888963406L | 1;
        }
        return factor;
    }

    private static boolean fill(long factor) {
        Arrays.fill(FIELDS, Field.OTHER);
        Arrays.fill(WORDS, 0);
        for (Field field : Field.values()) {
            if (field != Field.OTHER && !place(field, factor)) {
                return false;
            }
        }
        return true;
    }

    private static boolean place(Field field, long factor) {
        byte[] name = field.lowerCaseName().getBytes(StandardCharsets.US_ASCII);
        int length = name.length;
        if (length > LONGEST) {
            throw new IllegalStateException(field + ": longer than " + LONGEST);
        }
        byte[] padded = Arrays.copyOf(name, LONGEST + Octets.SLACK);
        long first = first(padded, 0, length);
        long last = length < 8 ? first : Octets.word(padded, length - 8) | SMALL;
        int slot = slot(first, last, length, factor);
        if (FIELDS[slot] != Field.OTHER) {
            return false;
        }
        FIELDS[slot] = field;
        int at = slot * STRIDE;
        WORDS[at + FIRST] = first;
        WORDS[at + MIDDLE] = Octets.word(padded, 8) | SMALL;
        WORDS[at + LAST] = last;
        WORDS[at + LENGTH] = length;
        return true;
    }
}
