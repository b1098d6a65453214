package dev.weir.proxy;

import dev.weir.http.ByteSink;
import dev.weir.http.Field;
import dev.weir.http.Headers;
import dev.weir.http.Method;
import dev.weir.http.RequestHead;
import dev.weir.observe.Cause;
import java.nio.charset.StandardCharsets;

/**
 * What a balancer has to know of gRPC ("gRPC over HTTP/2" of its documentation): which requests are calls, how a call's
 * deadline is written, and how a failure is told. Stateless.
 */
final class Grpc {
    /** What {@link #timeoutNanos} returns for a value that breaks the rules. */
    static final long MALFORMED = -1;

    /** A call's answer is an HTTP success always: its outcome is a field of its own. */
    static final int HTTP_STATUS = 200;

    private static final byte[] MEDIA_TYPE = "application/grpc".getBytes(StandardCharsets.US_ASCII);
    private static final int MAX_TIMEOUT_DIGITS = 8;
    private static final long MAX_TIMEOUT_VALUE = 99_999_999;
    private static final String UNITS = "numSMH";
    private static final long[] UNIT_NANOS = {
        1, 1_000, 1_000_000, 1_000_000_000, 60_000_000_000L, 3_600_000_000_000L,
    };

    private Grpc() {}

    /** Whether the request is a gRPC call: a POST of {@code application/grpc}, a format of it, or gRPC-Web. */
    static boolean isCall(RequestHead request) {
        return request.method() == Method.POST && mediaTypeEnd(request.headers()) > 0;
    }

    /** Writes the media type of the call, without parameters. */
    static void putMediaType(Headers headers, ByteSink to) {
        int from = headers.valueStart(headers.indexOf(Field.CONTENT_TYPE));
        to.put(headers.bytes(), from, mediaTypeEnd(headers) - from);
    }

    /** Behind the media type, if it is one of gRPC; else -1. */
    private static int mediaTypeEnd(Headers headers) {
        int i = headers.indexOf(Field.CONTENT_TYPE);
        if (i < 0) {
            return -1;
        }
        byte[] bytes = headers.bytes();
        int from = headers.valueStart(i);
        int to = headers.valueEnd(i);
        int at = 0;
        while (at < MEDIA_TYPE.length) {
            // The type has lower-case letters and a slash only, so this maps nothing else onto it but their capitals.
            if (from + at == to || (bytes[from + at] | 0x20) != (MEDIA_TYPE[at] | 0x20)) {
                return -1;
            }
            at++;
        }
        int end = from + at;
        if (end < to && bytes[end] != '+' && bytes[end] != '-' && bytes[end] != ';' && bytes[end] != ' ') {
            return -1;
        }
        while (end < to && bytes[end] != ';' && bytes[end] != ' ') {
            end++;
        }
        return end;
    }

    /** The call's {@code grpc-timeout} in nanoseconds, from 0; {@link #MALFORMED} if it is not what the rules allow. */
    static long timeoutNanos(Headers headers) {
        int i = headers.indexOf(Field.GRPC_TIMEOUT);
        if (headers.indexOf(Field.GRPC_TIMEOUT, i + 1) >= 0) {
            return MALFORMED;
        }
        byte[] bytes = headers.bytes();
        int unitAt = headers.valueEnd(i) - 1;
        int digits = unitAt - headers.valueStart(i);
        if (digits < 1 || digits > MAX_TIMEOUT_DIGITS) {
            return MALFORMED;
        }
        long value = 0;
        for (int at = headers.valueStart(i); at < unitAt; at++) {
            int digit = bytes[at] - '0';
            if (digit < 0 || digit > 9) {
                return MALFORMED;
            }
            value = 10 * value + digit;
        }
        int unit = UNITS.indexOf(bytes[unitAt]);
        // The longest one, 11,000 years, is cut to the 292 that a long has.
        return unit < 0 ? MALFORMED : saturated(value, UNIT_NANOS[unit]);
    }

    private static long saturated(long value, long unit) {
        return value > Long.MAX_VALUE / 2 / unit ? Long.MAX_VALUE / 2 : value * unit;
    }

    /** Writes the field line for what is left of a call's time, in the finest unit that can say it; at least 1 ns. */
    static void putTimeout(long nanos, ByteSink to) {
        int unit = 0;
        long value = Math.max(nanos, 1);
        while (value > MAX_TIMEOUT_VALUE) {
            unit++;
            value = nanos / UNIT_NANOS[unit];
        }
        to.putAscii("grpc-timeout: ").putDecimal(value).put((byte) UNITS.charAt(unit));
        to.putAscii("\r\n");
    }

    /**
     * The gRPC status code by which a call is told of a cause: that of its HTTP status. Where gRPC's own table ("HTTP to
     * gRPC Status Code Mapping") has an entry it is that one, but for 504: Weir knows that it was a time that ran out.
     */
    static int status(Cause cause) {
        return switch (cause.status()) {
            case 400, 500 -> 13; // INTERNAL
            case 401 -> 16; // UNAUTHENTICATED
            case 403 -> 7; // PERMISSION_DENIED
            case 404, 405, 501, 505 -> 12; // UNIMPLEMENTED
            case 408, 504 -> 4; // DEADLINE_EXCEEDED
            case 413, 414, 431 -> 8; // RESOURCE_EXHAUSTED
            case 429, 502, 503 -> 14; // UNAVAILABLE
            case 499 -> 1; // CANCELLED
            default -> 2; // UNKNOWN
        };
    }

    /** Writes text as the value of {@code grpc-message}: UTF-8, with a percent sign for all that is not printable ASCII. */
    static void putMessage(String text, ByteSink to) {
        for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
            if (octet >= ' ' && octet <= '~' && octet != '%') {
                to.put(octet);
            } else {
                to.put((byte) '%');
                to.put(hex(octet >> 4)).put(hex(octet));
            }
        }
    }

    private static byte hex(int value) {
        return (byte) "0123456789ABCDEF".charAt(value & 15);
    }
}
