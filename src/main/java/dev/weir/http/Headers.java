package dev.weir.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The field lines of a head or trailer section in their order: spans over the bytes they arrived in, no copies. Valid
 * until the head that it belongs to is reset; confined to one thread. Indices run from 0 to {@link #size()} - 1.
 */
public final class Headers {
    /** No fields at all. */
    public static final Headers EMPTY = new Headers();

    private static final Field[] FIELDS = Field.values();
    private static final int[] NO_SPANS = {};
    private static final byte[] NO_BYTES = {};
    private static final int FIRST_FIELDS = 16;
    private static final int KEPT_FIELDS = 64;
    // Layout of one field in `spans`; the stride is a power of two.
    private static final int STRIDE = 8;
    private static final int NAME_START = 0;
    private static final int NAME_END = 1;
    private static final int VALUE_START = 2;
    private static final int VALUE_END = 3;
    private static final int LINE_END = 4;
    private static final int FIELD = 5;

    private byte[] bytes = NO_BYTES;
    private int[] spans = NO_SPANS;
    private int size;
    private long present;
    private long repeated;

    Headers() {}

    public int size() {
        return size;
    }

    /** The array that the spans point into. */
    public byte[] bytes() {
        return bytes;
    }

    public int nameStart(int i) {
        return spans[i * STRIDE + NAME_START];
    }

    public int nameEnd(int i) {
        return spans[i * STRIDE + NAME_END];
    }

    /** Where the value starts, without white space around it; equal to its end when it is empty. */
    public int valueStart(int i) {
        return spans[i * STRIDE + VALUE_START];
    }

    public int valueEnd(int i) {
        return spans[i * STRIDE + VALUE_END];
    }

    /** Behind the CRLF of the line. The next line starts here. */
    public int lineEnd(int i) {
        return spans[i * STRIDE + LINE_END];
    }

    public Field field(int i) {
        return FIELDS[spans[i * STRIDE + FIELD]];
    }

    /** Whether a known field is there; false for {@link Field#OTHER}. */
    public boolean has(Field field) {
        return (present & field.mask) != 0;
    }

    /** The set of known fields that are there, as {@link Field#mask} bits. */
    public long present() {
        return present;
    }

    /** The first line of a known field, or -1. */
    public int indexOf(Field field) {
        return has(field) ? indexOf(field, 0) : -1;
    }

    /** The first line of a field from there on, or -1. */
    public int indexOf(Field field, int from) {
        int wanted = field.index();
        for (int i = from; i < size; i++) {
            if (spans[i * STRIDE + FIELD] == wanted) {
                return i;
            }
        }
        return -1;
    }

    /** The first line with that name, whatever its case, from there on, or -1. */
    public int indexOf(byte[] lowerCaseName, int from) {
        for (int i = from; i < size; i++) {
            if (Octets.spells(bytes, nameStart(i), nameEnd(i), lowerCaseName)) {
                return i;
            }
        }
        return -1;
    }

    /** Whether the comma-separated lists of all lines of a known field have that member, whatever its case. */
    public boolean listContains(Field field, byte[] lowerCaseToken) {
        for (int i = indexOf(field); i >= 0; i = next(field, i)) {
            ListCursor members = new ListCursor(bytes, valueStart(i), valueEnd(i));
            while (members.next()) {
                if (Octets.spells(bytes, members.start(), members.end(), lowerCaseToken)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** The name as it was sent, for logs and tests. */
    public String name(int i) {
        return text(nameStart(i), nameEnd(i));
    }

    /** The value read as ISO-8859-1, for logs and tests. */
    public String value(int i) {
        return text(valueStart(i), valueEnd(i));
    }

    /** The line of a known field that follows its line {@code i}, or -1. */
    int next(Field field, int i) {
        return (repeated & field.mask) == 0 ? -1 : indexOf(field, i + 1);
    }

    /** The known fields that come more than once. */
    long repeated() {
        return repeated;
    }

    /** The array was replaced by a larger copy. */
    void attach(byte[] larger) {
        bytes = larger;
    }

    void add(int nameStart, int nameEnd, int valueStart, int valueEnd, int lineEnd) {
        int at = size * STRIDE;
        if (at == spans.length) {
            spans = Arrays.copyOf(spans, Math.max(2 * at, FIRST_FIELDS * STRIDE));
        }
        Field field = FieldNames.find(bytes, nameStart, nameEnd);
        int[] to = spans;
        to[at + FIELD] = field.index();
        to[at + LINE_END] = lineEnd;
        to[at + VALUE_END] = valueEnd;
        to[at + VALUE_START] = valueStart;
        to[at + NAME_END] = nameEnd;
        to[at + NAME_START] = nameStart;
        repeated |= present & field.mask;
        present |= field.mask;
        size++;
    }

    void clear() {
        size = 0;
        present = 0;
        repeated = 0;
        if (spans.length > KEPT_FIELDS * STRIDE) {
            spans = NO_SPANS;
        }
    }

    private String text(int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }
}
