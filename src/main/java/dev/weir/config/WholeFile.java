package dev.weir.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
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

    /** After the name of the file and the number of the process that writes it. */
    private static final String UNFINISHED = ".tmp";

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
        String begin = "." + whole.getFileName() + ".";
        Path fresh = whole.resolveSibling(begin + pid + UNFINISHED);
        Files.deleteIfExists(fresh);
        try {
            write(FileChannel.open(fresh, ANEW, attributes), content);
            Files.move(fresh, whole, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException failure) {
            Files.deleteIfExists(fresh);
            throw failure;
        }
        forceFolder(whole);
        sweep(whole, begin);
    }

    /** Removes what processes that were killed while they wrote have left; one that lives may be writing. */
    private static void sweep(Path file, String begin) {
        Path folder = file.getParent();
        if (folder == null) {
            return;
        }
        try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
            for (Path each : all) {
                String name = String.valueOf(each.getFileName());
                if (name.startsWith(begin) && isOfTheDead(name.substring(begin.length()))) {
                    Files.deleteIfExists(each);
                }
            }
        } catch (IOException | DirectoryIteratorException _) {
            // They do no harm.
        }
    }

    private static boolean isOfTheDead(String numberAndEnd) {
        if (!numberAndEnd.endsWith(UNFINISHED)) {
            return false;
        }
        try {
            int length = numberAndEnd.length() - UNFINISHED.length();
            return ProcessHandle.of(Long.parseLong(numberAndEnd, 0, length, 10)).isEmpty();
        } catch (NumberFormatException other) {
            return false;
        }
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
