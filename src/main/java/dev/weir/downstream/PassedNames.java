package dev.weir.downstream;

import dev.weir.config.ListenerTls;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which server names are not ended here, and the pools that their connections are passed on to. Immutable. */
final class PassedNames {
    private final Map<String, String> exact = new HashMap<>();
    /** By what follows the star, the dot included. */
    private final Map<String, String> below = new HashMap<>();

    PassedNames(List<ListenerTls.Passthrough> configured) {
        for (ListenerTls.Passthrough each : configured) {
            String name = each.serverName().toLowerCase(Locale.ROOT);
            if (name.startsWith("*.")) {
                below.put(name.substring(1), each.pool());
            } else {
                exact.put(name, each.pool());
            }
        }
    }

    boolean isEmpty() {
        return exact.isEmpty() && below.isEmpty();
    }

    /** The pool for this name, in small letters: the exact name's, else that of the nearest star; null for none. */
    @Nullable String pool(@Nullable String serverName) {
        if (serverName == null) {
            return null;
        }
        String pool = exact.get(serverName);
        for (int dot = serverName.indexOf('.'); pool == null && dot >= 0; dot = serverName.indexOf('.', dot + 1)) {
            pool = below.get(serverName.substring(dot));
        }
        return pool;
    }
}
