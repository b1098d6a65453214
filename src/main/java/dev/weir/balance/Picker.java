package dev.weir.balance;

import dev.weir.pool.Server;
import org.jspecify.annotations.Nullable;

/** A policy made ready for one set of servers. Called by all event loops at once; a pick allocates nothing. */
@FunctionalInterface
public interface Picker {
    /** Picks nothing: there is no server, or there was no picker before. */
    Picker NONE = choice -> null;

    /**
     * The server for the next attempt: never one that the choice excludes, nor one of weight 0. Null when none is left.
     * The caller counts the request in ({@link Server#tryBegin}) at once, since the next pick looks at that count.
     */
    @Nullable Server pick(Choice choice);
}
