package dev.weir.config;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What an operator wants of a server; it wins over what checks and traffic say. */
public enum AdminState {
    /** Requests, as its health allows. */
    READY,
    /** No new requests; those under way finish. Checks go on. */
    DRAIN,
    /** No new requests and no checks. */
    MAINT;

    /** As it stands in the admin API and on the command line. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The state of this id; null when there is none. */
    public static @Nullable AdminState of(String id) {
        for (AdminState state : values()) {
            if (state.id().equals(id)) {
                return state;
            }
        }
        return null;
    }
}
