package dev.weir.fleet;

import dev.weir.config.WholeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The last configuration that this machine ran, and what the admin API had changed of it, in a file: what it starts with
 * while etcd cannot be reached. Without a place for it there is none, and a start needs etcd.
 */
final class LocalCopy {
    private static final Logger LOG = LoggerFactory.getLogger(LocalCopy.class);
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Path FOLDER = Path.of("/var/lib/weir");
    /** A configuration may hold what is not for everybody. */
    private static final FileAttribute<?> OWNER_ALONE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Path file;
    private boolean failing;

    /**
     * What is kept.
     *
     * @param revision of the configuration
     * @param state what the admin API changed, as it stands in etcd; empty for nothing
     * @param stateRevision 0 for nothing
     */
    record Content(String config, long revision, String state, long stateRevision) {}

    LocalCopy(Path file) {
        this.file = file;
    }

    /**
     * The copy of what a fleet has: in the folder that {@code WEIR_CACHE} names, {@code /var/lib/weir} without it. Several
     * instances of one machine share it, since they run the same.
     */
    static LocalCopy of(FleetAddress address, Map<String, String> environment) {
        String folder = environment.getOrDefault("WEIR_CACHE", "");
        String name = "fleet" + address.prefix().replaceAll("[^A-Za-z0-9_.-]", "-") + ".json";
        return new LocalCopy((folder.isEmpty() ? FOLDER : Path.of(folder)).resolve(name));
    }

    Path file() {
        return file;
    }

    /** What was kept last; null when there is nothing. */
    synchronized @Nullable Content read() throws IOException {
        try {
            JsonNode root = JSON.readTree(Files.readAllBytes(file));
            return new Content(
                    root.path("config").asString(""),
                    root.path("revision").asLong(0),
                    root.path("state").asString(""),
                    root.path("state-revision").asLong(0));
        } catch (NoSuchFileException none) {
            return null;
        } catch (JacksonException damaged) {
            throw new IOException(file + " is damaged", damaged);
        }
    }

    /** Replaces it in one step. Where that is not possible it is said once. */
    synchronized void write(Content content) {
        ObjectNode root = JSON.createObjectNode();
        root.put("about", "What Weir last ran, for a start while etcd cannot be reached. Written by Weir.");
        root.put("config", content.config()).put("revision", content.revision());
        root.put("state", content.state()).put("state-revision", content.stateRevision());
        try {
            byte[] text = JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(root);
            WholeFile.write(file, text, OWNER_ALONE);
            failing = false;
        } catch (IOException failure) {
            if (!failing) {
                LOG.warn(
                        "fleet: no copy of the configuration can be kept in {} ({}), so a start will need etcd;"
                                + " name another folder in WEIR_CACHE",
                        file,
                        failure.toString());
            }
            failing = true;
        }
    }
}
