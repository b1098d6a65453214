import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.locks.LockSupport;

/**
 * Content that comes a little at a time and tells by each byte where it belongs, so that whoever reads it sees a byte that
 * is missing, doubled or another's.
 */
final class SlowContent {
    private static final long PIECE_NANOS = 500_000_000;

    private SlowContent() {}

    /** The byte at this place of the content that was asked for under this id. */
    static byte at(long id, long place) {
        return (byte) (id * 131 + place * 7 + (place >>> 8) * 13);
    }

    /** Writes the content of so many bytes, at so many bytes a second. */
    static void write(OutputStream out, long id, long length, long rate) throws IOException {
        long start = System.nanoTime();
        int piece = (int) Math.max(1, rate * PIECE_NANOS / 1_000_000_000);
        byte[] bytes = new byte[piece];
        for (long from = 0; from < length; from += piece) {
            int size = (int) Math.min(piece, length - from);
            for (int i = 0; i < size; i++) {
                bytes[i] = at(id, from + i);
            }
            long due = start + from / piece * PIECE_NANOS;
            for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            out.write(bytes, 0, size);
        }
    }
}
