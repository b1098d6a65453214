package dev.weir.http;

import java.util.Arrays;

/** A growable array to write a head into; reused from message to message, confined to one thread. */
public final class ByteSink {
    private static final int DECIMAL_DIGITS = 19;

    private byte[] array;
    private int length;

    public ByteSink() {
        this(512);
    }

    public ByteSink(int capacity) {
        array = new byte[Math.max(capacity, 16)];
    }

    /** The bytes written, from 0 to {@link #length()}; valid until the next {@code put}. */
    public byte[] array() {
        return array;
    }

    public int length() {
        return length;
    }

    /** Forgets what was written and keeps the array. */
    public void clear() {
        length = 0;
    }

    public ByteSink put(byte octet) {
        room(1);
        array[length++] = octet;
        return this;
    }

    public ByteSink put(byte[] bytes) {
        return put(bytes, 0, bytes.length);
    }

    public ByteSink put(byte[] bytes, int offset, int count) {
        room(count);
        System.arraycopy(bytes, offset, array, length, count);
        length += count;
        return this;
    }

    /** Writes the low byte of each character: the text must be ISO-8859-1. */
    public ByteSink putAscii(String text) {
        int count = text.length();
        room(count);
        for (int i = 0; i < count; i++) {
            array[length + i] = (byte) text.charAt(i);
        }
        length += count;
        return this;
    }

    /** Writes a number from 0 to {@code Long.MAX_VALUE} with no leading zero. */
    public ByteSink putDecimal(long number) {
        requireNatural(number);
        room(DECIMAL_DIGITS);
        int digits = 1;
        for (long rest = number / 10; rest != 0; rest /= 10) {
            digits++;
        }
        long rest = number;
        for (int at = length + digits - 1; at >= length; at--) {
            array[at] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        length += digits;
        return this;
    }

    /** Writes a number from 0 to {@code Long.MAX_VALUE} in lower-case hexadecimal digits with no leading zero. */
    public ByteSink putHex(long number) {
        requireNatural(number);
        int digits = Math.max(1, (67 - Long.numberOfLeadingZeros(number)) >>> 2);
        room(digits);
        for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
            int digit = (int) (number >>> shift) & 15;
            array[length++] = (byte) (digit < 10 ? '0' + digit : 'a' - 10 + digit);
        }
        return this;
    }

    private static void requireNatural(long number) {
        if (number < 0) {
            throw new IllegalArgumentException("number: " + number + " (expected: >= 0)");
        }
    }

    private void room(int count) {
        int needed = length + count;
        if (needed > array.length) {
            array = Arrays.copyOf(array, Math.max(needed, array.length * 2));
        }
    }
}
