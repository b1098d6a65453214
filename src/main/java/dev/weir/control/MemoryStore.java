package dev.weir.control;

import java.util.OptionalLong;
import java.util.function.Consumer;

/** Keeps changes as long as the process lives. */
public final class MemoryStore implements StateStore {
    private Saved last = new Saved(Overlay.NONE, 0);

    @Override
    public synchronized Saved load() {
        return last;
    }

    @Override
    public synchronized OptionalLong save(Overlay overlay, long expected) {
        if (expected != last.revision()) {
            return OptionalLong.empty();
        }
        last = new Saved(overlay, expected + 1);
        return OptionalLong.of(last.revision());
    }

    @Override
    public void watch(Consumer<Saved> changed) {
        // Nobody else saves.
    }

    @Override
    public boolean isDurable() {
        return false;
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}
