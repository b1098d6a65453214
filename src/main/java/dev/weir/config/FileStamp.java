package dev.weir.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import org.jspecify.annotations.Nullable;

/**
 * What a file looks like without reading it: which one it is behind all links, its time and its size. One that looks the
 * same holds the same, unless somebody is writing it.
 *
 * @param inode null where there are none
 */
public record FileStamp(Path real, @Nullable Object inode, FileTime modified, long size) {
    /** Null when there is no file to be seen. */
    public static @Nullable FileStamp of(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return new FileStamp(
                    file.toRealPath(), attributes.fileKey(), attributes.lastModifiedTime(), attributes.size());
        } catch (IOException absent) {
            return null;
        }
    }
}
