package dev.weir.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file that is written by others, in one step or in several: what it holds counts once two looks have seen the same.
 * It is read only when its {@link FileStamp} has changed. For one thread; blocks.
 */
public final class SteadyFile {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final Path file;
    private final int longest;
    private @Nullable Seen last;
    private @Nullable FileStamp steady;

    /** What a look found. */
    public sealed interface Sight {
        /** It is as it was when it last counted. */
        record Same() implements Sight {}

        /** It has changed, or may be changing: another look has to be made. */
        record Changing() implements Sight {}

        /** It holds this now. */
        record Steady(ByteBuffer content) implements Sight {}

        /** It cannot be read, for two looks; a clause says why. */
        record Unreadable(String why) implements Sight {}
    }

    private record Seen(@Nullable FileStamp stamp, ByteBuffer content, String fault) {
        boolean same(Seen other) {
            return fault.equals(other.fault) && content.equals(other.content);
        }
    }

    /** {@code longest}: in bytes; a longer file is unreadable. */
    public SteadyFile(Path file, int longest) {
        this.file = file;
        this.longest = longest;
    }

    /** What there is to see now. */
    public Sight look() {
        FileStamp stamp = FileStamp.of(file);
        if (stamp != null && stamp.equals(steady)) {
            return new Sight.Same();
        }
        Seen seen = read(stamp);
        boolean same = last != null && last.same(seen);
        last = seen;
        if (!same) {
            return new Sight.Changing();
        }
        if (!seen.fault().isEmpty()) {
            steady = null;
            return new Sight.Unreadable(seen.fault());
        }
        steady = seen.stamp();
        return new Sight.Steady(seen.content());
    }

    /** The stamp is taken before the content: what is written in between is seen by the next look. */
    private Seen read(@Nullable FileStamp stamp) {
        String fault;
        try {
            if (Files.isDirectory(file)) {
                return new Seen(stamp, NOTHING, "this is a directory, not a file");
            }
            try (InputStream in = Files.newInputStream(file)) {
                byte[] bytes = in.readNBytes(longest + 1);
                return new Seen(stamp, ByteBuffer.wrap(bytes), bytes.length > longest ? "the file is too long" : "");
            }
        } catch (NoSuchFileException _) {
            fault = "there is no such file";
        } catch (AccessDeniedException _) {
            fault = "no permission to read the file";
        } catch (IOException failure) {
            fault = "the file cannot be read: " + failure.getMessage();
        }
        return new Seen(stamp, NOTHING, fault);
    }
}
