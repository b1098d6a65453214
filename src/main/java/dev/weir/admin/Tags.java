package dev.weir.admin;

import dev.weir.config.PoolConfig;
import dev.weir.config.PoolConfig.ServerConfig;
import dev.weir.config.RouteConfig;
import dev.weir.control.Digest;
import dev.weir.control.Edit;
import dev.weir.control.Refused;
import dev.weir.control.State;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Entity tags: what the configuration of a resource is, in a word. They stay the same over restarts, and so a client's
 * {@code If-Match} holds for what it has seen, whichever process it saw it from.
 */
final class Tags {
    private Tags() {}

    static String of(Record section) {
        return quoted(Digest.of(section));
    }

    private static String quoted(String digest) {
        return '"' + digest + '"';
    }

    /** Of a pool; null when it is not there. */
    static @Nullable String pool(State state, String pool) {
        PoolConfig config = state.pool(pool);
        return config == null ? null : of(config);
    }

    /** Of a server, by the canonical text of its address; null when it is not there. */
    static @Nullable String server(State state, String pool, String address) {
        ServerConfig config = state.server(pool, address);
        return config == null ? null : of(config);
    }

    /** Of the routes and their order. */
    static String routes(State state) {
        return quoted(Digest.of(state.config().routes().stream().map(Digest::of).collect(Collectors.joining(" "))));
    }

    /** Of one route; null when it is not there. */
    static @Nullable String route(@Nullable RouteConfig route) {
        return route == null ? null : of(route);
    }

    /** The edit, if what it changes is still what the client saw, as far as it says what that was. */
    static Edit guarded(AdminRequest request, Function<State, @Nullable String> tag, Edit edit) {
        String expected = request.field("if-match");
        String unexpected = request.field("if-none-match");
        if (expected == null && unexpected == null) {
            return edit;
        }
        return state -> {
            String now = tag.apply(state);
            if (expected != null && !matches(expected, now)) {
                throw new Refused(
                        Refused.Why.CHANGED,
                        now == null
                                ? "It is not there any more."
                                : "It was changed meanwhile: its entity tag is " + now + " now.");
            }
            if (unexpected != null && matches(unexpected, now)) {
                throw new Refused(Refused.Why.CHANGED, "It is there already.");
            }
            return edit.on(state);
        };
    }

    private static boolean matches(String field, @Nullable String tag) {
        if (tag == null) {
            return false;
        }
        if (field.strip().equals("*")) {
            return true;
        }
        for (String each : field.split(",", -1)) {
            if (each.strip().equals(tag)) {
                return true;
            }
        }
        return false;
    }
}
