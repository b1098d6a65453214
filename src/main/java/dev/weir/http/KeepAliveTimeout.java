package dev.weir.http;

/** The {@code timeout} parameter of the Keep-Alive field: how long a server keeps an idle connection. */
final class KeepAliveTimeout {
    private static final byte[] NAME = Words.ascii("timeout");
    private static final int MAX_DIGITS = 9;

    private KeepAliveTimeout() {}

    /** Whole seconds, or -1 when it is not there or not a number. */
    static int seconds(Headers headers) {
        byte[] bytes = headers.bytes();
        for (int i = headers.indexOf(Field.KEEP_ALIVE); i >= 0; i = headers.next(Field.KEEP_ALIVE, i)) {
            ListCursor members = new ListCursor(bytes, headers.valueStart(i), headers.valueEnd(i));
            while (members.next()) {
                int equals = Octets.indexOf(bytes, members.start(), members.end(), '=');
                if (Octets.spells(bytes, members.start(), equals, NAME)) {
                    return number(bytes, equals + 1, members.end());
                }
            }
        }
        return -1;
    }

    private static int number(byte[] bytes, int from, int to) {
        if (to <= from || to - from > MAX_DIGITS) {
            return -1;
        }
        int number = 0;
        for (int at = from; at < to; at++) {
            if (!Octets.isDigit(bytes[at])) {
                return -1;
            }
            number = number * 10 + bytes[at] - '0';
        }
        return number;
    }
}
