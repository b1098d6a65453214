package dev.weir.tls;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is made of files and made again when they change. For the control plane. */
interface Renewable {
    /** For messages: {@code listener :443}. */
    String name();

    /** All files that it was made of. */
    List<Path> files();

    /**
     * Reads the files again and puts the outcome in use.
     *
     * @return the former context, which loops may be about to use for a moment longer; null when there was none
     * @throws IOException with a sentence for the user; then nothing has changed
     */
    @Nullable Object renew() throws IOException;

    /** The context in use; null when there is none yet. */
    @Nullable Object current();

    /** Whether it is to be made again although its files have not changed. */
    boolean outdated();

    /** What the files looked like before the ones in use were read. */
    FileStamps stamps();

    /** What has to be done from time to time. */
    void tick(long now);

    /** The certificates in use that belong to Weir. */
    List<CertifiedKey> certificates();

    static List<Path> paths(List<String> names) {
        return names.stream()
                .filter(name -> !name.isEmpty())
                .distinct()
                .map(Path::of)
                .toList();
    }
}
