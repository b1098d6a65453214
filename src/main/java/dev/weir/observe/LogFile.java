package dev.weir.observe;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A file that lines are appended to, or standard output. */
final class LogFile implements LogOutput {
    private final @Nullable Path path;
    private FileChannel channel;

    private LogFile(@Nullable Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /**
     * Opens the file for appending, creates it when it is missing.
     *
     * @throws IOException with one sentence that says what is wrong
     */
    static LogFile at(Path path) throws IOException {
        return new LogFile(path, open(path));
    }

    @SuppressWarnings("resource") // standard output stays open for everyone else
    static LogFile standardOutput() {
        return new LogFile(null, new FileOutputStream(FileDescriptor.out).getChannel());
    }

    private static FileChannel open(Path path) throws IOException {
        try {
            return FileChannel.open(path, CREATE, APPEND);
        } catch (FileSystemException e) {
            throw new IOException("The access log " + path + " cannot be opened: " + reason(path, e) + ".", e);
        }
    }

    private static String reason(Path path, FileSystemException failure) {
        if (Files.isDirectory(path)) {
            return "it is a directory";
        }
        return switch (failure) {
            case NoSuchFileException e ->
                "the directory " + path.toAbsolutePath().getParent() + " does not exist";
            case AccessDeniedException e -> "permission denied";
            default -> failure.getReason() == null ? failure.toString() : failure.getReason();
        };
    }

    @Override
    public void write(ByteBuffer lines) throws IOException {
        while (lines.hasRemaining()) {
            if (channel.write(lines) == 0) {
                // A pipe that another process made non-blocking: waiting for it could only be spinning.
                throw new IOException("the output takes no more");
            }
        }
    }

    @Override
    public void reopen() throws IOException {
        if (path != null) {
            FileChannel renamed = channel;
            channel = open(path);
            renamed.close();
        }
    }

    @Override
    public void close() throws IOException {
        if (path != null) {
            channel.close();
        }
    }
}
