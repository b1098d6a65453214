package dev.weir.control;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.weir.config.WholeFile;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Keeps changes in a file, which a process that is killed at any point leaves with the old state or the new one whole. A
 * file that cannot be read is never written over: it may hold what somebody wants back.
 */
public final class FileStore implements StateStore {
    private static final int FORMAT = 1;
    private static final int LONGEST = 64 << 20;
    private static final String ABOUT =
            "What Weir's admin API changed of the configuration. Written by Weir: stop it before you edit or remove"
                    + " this file.";
    private static final JsonMapper JSON = JsonMapper.shared();

    private final Path file;

    private FileStore(Path file) {
        this.file = file;
    }

    /** A store in this file, which need not be there yet. A symbolic link leads to the file that is replaced. */
    public static FileStore at(Path file) {
        Path absolute = file.toAbsolutePath();
        try {
            return new FileStore(Files.exists(absolute) ? absolute.toRealPath() : absolute);
        } catch (IOException unreadable) {
            return new FileStore(absolute); // reading it will say what is wrong
        }
    }

    /** Whether a state could be saved here: the folder is there and can be written. */
    public boolean isWritable() {
        Path folder = folder();
        return Files.isDirectory(folder) && Files.isWritable(folder);
    }

    public Path file() {
        return file;
    }

    private Path folder() {
        Path folder = file.getParent();
        return folder == null ? Path.of("/") : folder;
    }

    @Override
    public Saved load() throws IOException {
        try {
            return read();
        } catch (NoSuchFileException none) {
            return new Saved(Overlay.NONE, 0);
        } catch (AccessDeniedException denied) {
            throw refused("no permission to read it", denied);
        } catch (IOException | JacksonException damaged) {
            throw refused(
                    String.valueOf(damaged.getMessage()).lines().findFirst().orElse(""), damaged);
        }
    }

    private IOException refused(String why, Exception cause) {
        return new IOException(
                "the state file " + file + ", which has the changes made by the admin API, cannot be read: " + why
                        + "; repair it, or move it away to start with the configuration file alone",
                cause);
    }

    private Saved read() throws IOException {
        if (Files.size(file) > LONGEST) {
            throw new IOException("it is longer than any that Weir writes");
        }
        JsonNode root = JSON.readTree(Files.readAllBytes(file));
        if (!root.isObject()
                || !root.path("format").isInt()
                || !root.path("counter").isIntegralNumber()) {
            throw new IOException("it is damaged, or no state file of Weir");
        }
        int format = root.path("format").intValue();
        if (format != FORMAT) {
            throw new IOException("it has the format " + format + ", and this version of Weir reads " + FORMAT);
        }
        return new Saved(
                OverlayJson.read(root.path("changes")), root.path("counter").longValue());
    }

    @Override
    public OptionalLong save(Overlay overlay, long expected) throws IOException {
        // Another process may have written since, for instance the one that took over in an upgrade.
        if (load().revision() != expected) {
            return OptionalLong.empty();
        }
        ObjectNode root = JSON.createObjectNode();
        root.put("about", ABOUT);
        root.put("format", FORMAT);
        root.put("counter", expected + 1);
        root.set("changes", OverlayJson.write(overlay));
        byte[] content = (JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n").getBytes(UTF_8);
        try {
            WholeFile.write(file, content);
        } catch (IOException failure) {
            throw new IOException("the state file " + file + " cannot be written: " + why(failure), failure);
        }
        return OptionalLong.of(expected + 1);
    }

    /** Not the name of the file beside, which nobody else knows. */
    private static String why(IOException failure) {
        return failure instanceof FileSystemException at && at.getReason() != null
                ? at.getReason()
                : String.valueOf(failure.getMessage());
    }

    @Override
    public void watch(Consumer<Saved> changed) {
        // The file is this process's own; who else writes it is met when saving.
    }

    @Override
    public boolean isDurable() {
        return true;
    }

    @Override
    public void close() {
        // Nothing is held between two saves.
    }
}
