package dev.weir.observe;

/** Formatted lines on their way from one event loop to the writer of the access log; owned by one of them at a time. */
final class LogBatch {
    /** The usual capacity, in bytes. */
    static final int CAPACITY = 32 * 1024;

    byte[] bytes = new byte[CAPACITY];
    int length;
    int lines;

    /** Empties the batch for its next use; gives back what one very long line had needed. */
    void clear() {
        length = 0;
        lines = 0;
        if (bytes.length != CAPACITY) {
            bytes = new byte[CAPACITY];
        }
    }
}
