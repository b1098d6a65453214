package dev.weir.discovery;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A token or a password that stands in a file or in the environment, or nowhere. Read anew each time, since it may be
 * changed while it is in use.
 *
 * @param what what it is, for messages
 * @param file empty for none
 * @param variable empty for none
 */
record Secret(String what, String file, String variable) {
    private static final int LONGEST = 16 << 10;

    /**
     * The secret without the blanks and line ends around it; empty when there is none.
     *
     * @throws IOException with a sentence for the user
     */
    String read() throws IOException {
        if (!file.isEmpty()) {
            return ofFile();
        }
        if (variable.isEmpty()) {
            return "";
        }
        String value = System.getenv(variable);
        if (value == null || value.isBlank()) {
            throw new IOException("the environment variable " + variable + " with the " + what + " is not set");
        }
        return value.strip();
    }

    private String ofFile() throws IOException {
        try {
            Path path = Path.of(file);
            if (Files.size(path) > LONGEST) {
                throw new IOException(file + " is too long for a " + what);
            }
            String value = Files.readString(path).strip();
            if (value.isEmpty()) {
                throw new IOException(file + " with the " + what + " is empty");
            }
            return value;
        } catch (NoSuchFileException absent) {
            throw new IOException("there is no file " + file + " with the " + what, absent);
        }
    }
}
