package dev.weir;

import dev.weir.config.WeirConfig;
import dev.weir.control.FileStore;
import dev.weir.control.MemoryStore;
import dev.weir.control.StateStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where changes made by the admin API are kept: beside the configuration file, unless it says something else. */
final class StatePlace {
    private static final Logger LOG = LoggerFactory.getLogger(StatePlace.class);
    private static final String OFF = "off";
    private static final String SUFFIX = ".state.json";

    private StatePlace() {}

    /**
     * The place.
     *
     * @param file where the configuration was read; null when it has no file
     * @throws IOException when the place that is asked for cannot be used; the message is a sentence
     */
    static StateStore of(WeirConfig config, @Nullable Path file) throws IOException {
        String asked = config.stateFile();
        if (asked.equals(OFF) || (asked.isEmpty() && file == null)) {
            return new MemoryStore();
        }
        if (asked.isEmpty() && file != null) {
            return beside(file, config.admin() != null);
        }
        FileStore store = FileStore.at(Path.of(asked));
        if (!store.isWritable()) {
            throw new IOException(
                    "the state file " + asked + " cannot be written: its folder is not there, or no file can be "
                            + "made in it; 'state-file: off' does without");
        }
        return store;
    }

    private static StateStore beside(Path file, boolean changing) {
        FileStore store = FileStore.at(file.resolveSibling(file.getFileName() + SUFFIX));
        if (store.isWritable() || Files.exists(store.file())) {
            return store;
        }
        if (changing) {
            LOG.warn(
                    "changes by the admin API will not survive a restart: {} cannot be written; 'state-file' names another "
                            + "place, or 'off' for none",
                    store.file());
        }
        return new MemoryStore();
    }
}
