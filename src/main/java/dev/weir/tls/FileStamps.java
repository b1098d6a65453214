package dev.weir.tls;

import dev.weir.config.FileStamp;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What some files look like without reading them; one that is not there has no stamp. */
record FileStamps(Map<Path, FileStamp> stamps) {
    static final FileStamps NONE = new FileStamps(Map.of());

    static FileStamps of(List<Path> files) {
        Map<Path, FileStamp> stamps = new HashMap<>();
        for (Path file : files) {
            FileStamp stamp = FileStamp.of(file);
            if (stamp != null) {
                stamps.put(file, stamp);
            }
        }
        return new FileStamps(Map.copyOf(stamps));
    }
}
