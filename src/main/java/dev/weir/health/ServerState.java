package dev.weir.health;

import java.util.Locale;

/** What a server is taken for now. */
public enum ServerState {
    /** Nothing is known yet: the first check decides. It is sent nothing unless no other server is up. */
    CHECKING,
    /** It gets its share. */
    UP,
    /** It is back: its share grows. */
    SLOW_START,
    /** Half-open: one request at a time, to see whether it does its work again. */
    PROBING,
    /** It failed requests: nothing is sent to it for a while. */
    EJECTED,
    /** Its checks fail, or it refuses connections. */
    DOWN,
    /** An operator wants it to get no new requests. */
    DRAINING,
    /** An operator works on it: neither requests nor checks. */
    MAINTENANCE;

    private final String id = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /** As it stands in the admin API, in metrics and in the log. */
    public String id() {
        return id;
    }

    /** Whether it gets requests though others are up. */
    boolean serves() {
        return this == UP || this == SLOW_START || this == PROBING;
    }
}
