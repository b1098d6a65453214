package dev.weir.http2;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The fields of one header block in their order, as Netty's codec fills and reads them: two arrays instead of a hash
 * table, used again from block to block. It is bounded: what a block has beyond the bound is not kept.
 *
 * <p>Only what the codec itself calls works here: adding, iterating (one iteration at a time), {@link #size} and
 * {@link #status}. Look-ups by name find nothing. Confined to one thread.
 */
public final class FieldList extends DefaultHttp2Headers {
    /** What a field counts beside its bytes (RFC 9113 section 6.5.2). */
    public static final int OVERHEAD = 32;

    private static final AsciiString[] NONE = {};
    private static final int KEPT = 128;
    private static final byte COLON = ':';

    private final long maxBytes;
    private final Cursor cursor = new Cursor();
    private AsciiString[] names = NONE;
    private AsciiString[] values = NONE;
    private int size;
    private long bytes;

    /** {@code maxBytes}: of all names and values together, with {@link #OVERHEAD} for each. */
    public FieldList(long maxBytes) {
        super(false, 2);
        this.maxBytes = maxBytes;
    }

    /** Forgets all fields. Arrays that grew large are dropped. */
    public void reset() {
        if (names.length > KEPT) {
            names = NONE;
            values = NONE;
        }
        size = 0;
        bytes = 0;
    }

    /** Whether more was added than there may be. */
    public boolean tooLarge() {
        return bytes > maxBytes;
    }

    public AsciiString name(int i) {
        return names[i];
    }

    public AsciiString value(int i) {
        return values[i];
    }

    void put(AsciiString name, AsciiString value) {
        bytes += (long) name.length() + value.length() + OVERHEAD;
        if (bytes > maxBytes) {
            return;
        }
        if (size == names.length) {
            int larger = Math.max(16, 2 * size);
            names = Arrays.copyOf(names, larger);
            values = Arrays.copyOf(values, larger);
        }
        names[size] = name;
        values[size++] = value;
    }

    @Override
    public Http2Headers add(CharSequence name, CharSequence value) {
        put(AsciiString.of(name), AsciiString.of(value));
        return this;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public boolean isEmpty() {
        return size == 0;
    }

    /** The value of {@code :status}, which comes first when there is one. */
    @Override
    public @Nullable CharSequence status() {
        return size > 0 && names[0].length() > 0 && names[0].byteAt(0) == COLON && names[0].equals(Pseudo.STATUS)
                ? values[0]
                : null;
    }

    /** Always empty: the codec asks only in order to check Content-Length, which is checked elsewhere. */
    @Override
    public List<CharSequence> getAll(CharSequence name) {
        return List.of();
    }

    @Override
    public Iterator<Map.Entry<CharSequence, CharSequence>> iterator() {
        cursor.at = -1;
        return cursor;
    }

    /** The iterator, and the entry that it stands at. */
    private final class Cursor
            implements Iterator<Map.Entry<CharSequence, CharSequence>>, Map.Entry<CharSequence, CharSequence> {
        private int at;

        @Override
        public boolean hasNext() {
            return at + 1 < size;
        }

        @Override
        public Map.Entry<CharSequence, CharSequence> next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            at++;
            return this;
        }

        @Override
        public CharSequence getKey() {
            return names[at];
        }

        @Override
        public CharSequence getValue() {
            return values[at];
        }

        @Override
        public CharSequence setValue(CharSequence value) {
            throw new UnsupportedOperationException();
        }
    }
}
