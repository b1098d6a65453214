package dev.weir.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What some files look like without reading them: each one behind all links, its inode, time and size. */
record FileStamps(List<Stamp> stamps) {
    /** A file that is not there has nulls. */
    private record Stamp(@Nullable Path real, @Nullable Object inode, long modified, long size) {}

    static FileStamps of(List<Path> files) {
        return new FileStamps(files.stream().map(FileStamps::of).toList());
    }

    private static Stamp of(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return new Stamp(
                    file.toRealPath(),
                    attributes.fileKey(),
                    attributes.lastModifiedTime().toMillis(),
                    attributes.size());
        } catch (IOException absent) {
            return new Stamp(null, null, 0, 0);
        }
    }
}
