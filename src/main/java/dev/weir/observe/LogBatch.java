package dev.weir.observe;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Formatted lines on their way from one event loop to the writer of the access log; owned by one of them at a time.
 * Before a line, {@link #reserve} makes sure of its room; what appends then relies on it.
 */
final class LogBatch {
    /** The usual capacity in bytes; a single line may need more. */
    static final int CAPACITY = 32 * 1024;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private byte[] bytes = new byte[CAPACITY];
    private int length;
    private int lines;

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    boolean isEmpty() {
        return length == 0;
    }

    int lines() {
        return lines;
    }

    /** The lines as the writer needs them. */
    ByteBuffer content() {
        return ByteBuffer.wrap(bytes, 0, length);
    }

    boolean hasRoom(int size) {
        return size <= bytes.length - length;
    }

    /** Makes room for {@code size} bytes more. */
    void reserve(int size) {
        if (!hasRoom(size)) {
            bytes = Arrays.copyOf(bytes, length + size);
        }
    }

    /** Empties the batch for its next use; gives back what one very long line had needed. */
    void clear() {
        length = 0;
        lines = 0;
        if (bytes.length != CAPACITY) {
            bytes = new byte[CAPACITY];
        }
    }

    void endLine() {
        bytes[length++] = '\n';
        lines++;
    }

    void raw(byte b) {
        bytes[length++] = b;
    }

    void raw(byte[] text) {
        System.arraycopy(text, 0, bytes, length, text.length);
        length += text.length;
    }

    /** Appends bytes of a client: eight at a time where all stand for themselves, as nearly always. */
    void escaped(byte[] from, int start, int end, Escaping escaping) {
        int at = start;
        for (; at <= end - Long.BYTES; at += Long.BYTES) {
            long eight = (long) LONGS.get(from, at);
            if (Escaping.isNeeded(eight)) {
                oneByOne(from, at, at + Long.BYTES, escaping);
            } else {
                LONGS.set(bytes, length, eight);
                length += Long.BYTES;
            }
        }
        oneByOne(from, at, end, escaping);
    }

    private void oneByOne(byte[] from, int start, int end, Escaping escaping) {
        for (int i = start; i < end; i++) {
            byte[] escape = escaping.of(from[i]);
            if (escape.length == 0) {
                bytes[length++] = from[i];
            } else {
                raw(escape);
            }
        }
    }

    /** Appends a name or address of Weir's own. */
    void escaped(String text, Escaping escaping) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            byte[] escape = escaping.of(c);
            if (escape.length == 0) {
                bytes[length++] = (byte) c;
            } else {
                raw(escape);
            }
        }
    }

    /** Appends {@code value >= 0} in decimal digits. */
    void decimal(long value) {
        long rest = value;
        int end = length + digits(value);
        length = end;
        do {
            bytes[--end] = (byte) ('0' + rest % 10);
            rest /= 10;
        } while (rest != 0);
    }

    private static int digits(long value) {
        int digits = 1;
        for (long bound = 10; value >= bound && digits < 19; bound *= 10) {
            digits++;
        }
        return digits;
    }

    /** Appends a number below 1000 as three digits. */
    void threeDigits(int value) {
        bytes[length++] = (byte) ('0' + value / 100);
        bytes[length++] = (byte) ('0' + value / 10 % 10);
        bytes[length++] = (byte) ('0' + value % 10);
    }

    /** Appends nanoseconds as milliseconds with three decimals. */
    void millis(long nanos) {
        long micros = nanos / 1000;
        decimal(micros / 1000);
        raw((byte) '.');
        threeDigits((int) (micros % 1000));
    }
}
