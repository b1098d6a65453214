package dev.weir.http;

/** Goes over the members of a comma-separated list (RFC 9110 section 5.6.1), without quoted strings. */
final class ListCursor {
    private final byte[] bytes;
    private final int limit;
    private int next;
    private int start;
    private int end;

    ListCursor(byte[] bytes, int from, int limit) {
        this.bytes = bytes;
        this.next = from;
        this.limit = limit;
    }

    /** Moves on to the next member, which may be empty; false when there is none. */
    boolean next() {
        if (next > limit) {
            return false;
        }
        int comma = Octets.indexOf(bytes, next, limit, ',');
        start = next;
        end = comma;
        while (start < end && Octets.isSpace(bytes[start])) {
            start++;
        }
        while (end > start && Octets.isSpace(bytes[end - 1])) {
            end--;
        }
        next = comma + 1;
        return true;
    }

    int start() {
        return start;
    }

    int end() {
        return end;
    }
}
