package dev.weir.http;

import java.util.Locale;

/**
 * The field names that Weir itself reads, writes or removes; every other name is {@link #OTHER}. There are at most 63,
 * so that a set of them is one {@code long}: the order of the constants has no meaning outside of a process.
 */
@SuppressWarnings("EnumOrdinal")
public enum Field {
    OTHER,
    HOST,
    CONNECTION,
    CONTENT_LENGTH,
    TRANSFER_ENCODING,
    KEEP_ALIVE,
    PROXY_CONNECTION,
    TE,
    TRAILER,
    UPGRADE,
    EXPECT,
    HTTP2_SETTINGS,
    X_FORWARDED_FOR,
    X_FORWARDED_PROTO,
    X_FORWARDED_HOST,
    X_FORWARDED_PORT,
    X_REAL_IP,
    X_FORWARDED_CLIENT_CERT,
    X_REQUEST_ID,
    FORWARDED,
    VIA,
    DATE,
    SERVER,
    USER_AGENT,
    REFERER,
    MAX_FORWARDS,
    RETRY_AFTER,
    AUTHORIZATION,
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    PROXY_STATUS,
    WWW_AUTHENTICATE,
    COOKIE,
    SET_COOKIE,
    CACHE_CONTROL,
    CONTENT_ENCODING,
    CONTENT_RANGE,
    CONTENT_TYPE,
    GRPC_TIMEOUT,
    RANGE,
    TRACEPARENT,
    TRACESTATE;

    /** This field as a set of one: a bit of its own, and 0 for {@link #OTHER}. */
    public final long mask = ordinal() == 0 ? 0 : 1L << ordinal();

    /** A small number for arrays: 0 is {@link #OTHER}. */
    int index() {
        return ordinal();
    }

    /** The name as HTTP/2 writes it. */
    String lowerCaseName() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
