package dev.weir;

import dev.weir.config.WeirConfig;
import java.util.List;

/** One running instance. */
public final class Weir {
    private Weir() {}

    static Weir start(WeirConfig config) throws StartFailure {
        if (config.listeners().isEmpty()) {
            throw new StartFailure("there is no listener");
        }
        return new Weir();
    }

    void awaitStop() {}

    List<String> describe() {
        return List.of();
    }
}
