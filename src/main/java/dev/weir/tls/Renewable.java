package dev.weir.tls;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What is made of files and made again when they change. For the control plane. */
interface Renewable {
    /** For messages: {@code listener :443}. */
    String name();

    /** All files that it was made of. */
    List<Path> files();

    /**
     * Reads the files again and puts the outcome in use.
     *
     * @return the former context, which loops may be about to use for a moment longer
     * @throws IOException with a sentence for the user; then nothing has changed
     */
    Object renew() throws IOException;

    /** The context in use. */
    Object current();

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
