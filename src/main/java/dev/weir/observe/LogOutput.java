package dev.weir.observe;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Where the lines of the access log go. Called by the writer's thread alone; may block. */
interface LogOutput {
    /** Writes what remains in {@code lines}; when that fails, its position tells how much was written. */
    void write(ByteBuffer lines) throws IOException;

    /** Opens the file by its name again; when that fails, the one that is open stays in use. */
    void reopen() throws IOException;

    void close() throws IOException;
}
