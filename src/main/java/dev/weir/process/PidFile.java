package dev.weir.process;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file that says which process Weir is. It is replaced whole, whatever was there: a process that takes over writes its
 * own number, and two that must not run both are told apart by the address that both want. Control plane; blocks.
 */
public final class PidFile {
    private static final Logger LOG = LoggerFactory.getLogger(PidFile.class);

    private final Path path;
    private final String content;

    /** For this process. */
    public PidFile(Path path) {
        this(path, ProcessHandle.current().pid());
    }

    /** @param pid of this process */
    PidFile(Path path, long pid) {
        this.path = path;
        this.content = pid + "\n";
    }

    /**
     * Writes the number of this process.
     *
     * @throws IOException with a sentence for the user
     */
    public void write() throws IOException {
        Path whole = path.toAbsolutePath();
        Path beside = whole.resolveSibling(whole.getFileName() + ".new-" + content.strip());
        try {
            Files.writeString(beside, content);
            try {
                Files.move(beside, whole, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (AtomicMoveNotSupportedException plain) {
                Files.move(beside, whole, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException failure) {
            Files.deleteIfExists(beside);
            throw new IOException("cannot write the pid-file " + path + ": " + reason(failure), failure);
        }
    }

    /** Whoever writes to a file by its name says only the name when the directory is not there. */
    private static String reason(IOException failure) {
        String kind = failure.getClass().getSimpleName();
        return switch (kind) {
            case "NoSuchFileException" -> "there is no such directory";
            case "AccessDeniedException" -> "permission denied";
            default ->
                failure instanceof FileSystemException at && at.getReason() != null
                        ? at.getReason().toLowerCase(Locale.ROOT)
                        : String.valueOf(failure.getMessage());
        };
    }

    /** Removes the file, unless another process has put its number there. */
    public void remove() {
        try {
            if (Files.exists(path) && Files.readString(path).equals(content)) {
                Files.delete(path);
            }
        } catch (IOException left) {
            LOG.warn("the pid-file {} stays behind: {}", path, left.getMessage());
        }
    }
}
