package dev.weir.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.Set;

/**
 * Replaces files in one step: a new one is written beside the old, forced to the disk and moved into its place. Whoever
 * reads, and a process or a machine that dies at any point, finds the old content whole or the new.
 */
public final class WholeFile {
    private static final Set<StandardOpenOption> ANEW = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);

    private WholeFile() {}

    /**
     * Replaces one. Two threads of a process must not replace the same file at once; two processes may. Blocks.
     *
     * @param attributes of the new file
     */
    public static void write(Path file, byte[] content, FileAttribute<?>... attributes) throws IOException {
        Path whole = file.toAbsolutePath();
        long pid = ProcessHandle.current().pid();
        // With a dot, so that whoever lists the folder can leave it out.
        Path fresh = whole.resolveSibling("." + whole.getFileName() + "." + pid + ".tmp");
        Files.deleteIfExists(fresh);
        try {
            write(FileChannel.open(fresh, ANEW, attributes), content);
            Files.move(fresh, whole, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException failure) {
            Files.deleteIfExists(fresh);
            throw failure;
        }
        forceFolder(whole);
    }

    private static void write(FileChannel channel, byte[] content) throws IOException {
        try (channel) {
            ByteBuffer left = ByteBuffer.wrap(content);
            while (left.hasRemaining()) {
                channel.write(left);
            }
            channel.force(true);
        }
    }

    /** Until the folder itself is on the disk, a crash of the machine could bring the old content back. */
    private static void forceFolder(Path file) throws IOException {
        Path folder = file.getParent();
        if (folder != null) {
            try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }
}
