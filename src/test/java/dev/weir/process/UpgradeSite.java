package dev.weir.process;

import static org.awaitility.Awaitility.await;

import dev.weir.testing.ScriptedServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Where processes follow each other: their file, the server before which they stand, and who serves by now. */
final class UpgradeSite implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Path directory;
    private final Path pidFile;
    private final ScriptedServer server = ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

    UpgradeSite(Path directory) throws IOException {
        this.directory = directory;
        this.pidFile = directory.resolve("weir.pid");
    }

    Path pidFile() {
        return pidFile;
    }

    ScriptedServer server() {
        return server;
    }

    /** The process that serves now. */
    long pid() throws IOException {
        return Long.parseLong(Files.readString(pidFile).strip());
    }

    /**
     * Writes their file.
     *
     * @param upgrade further keys of {@code upgrade}, each after a comma
     * @param listener the same of the listener
     * @param more listeners have been said, pools not yet
     */
    Path config(String upgrade, String listener, String more) throws IOException {
        return Files.writeString(directory.resolve("weir.yaml"), """
            event-loops: 1
            pid-file: "%s"
            upgrade: { spread: 500ms, warm-up: 100ms%s }
            admin: { bind: "127.0.0.1:0" }
            listeners: [{ bind: "127.0.0.1:0"%s }]
            %s
            """.formatted(pidFile, upgrade, listener, more));
    }

    /** Another process serves. */
    void awaitOther(long former) {
        await().atMost(PATIENCE).until(() -> pid() != former);
    }

    static void awaitEnd(long pid) {
        await().atMost(PATIENCE).until(() -> ProcessHandle.of(pid).isEmpty());
    }

    /** Whoever serves by now ends. */
    @Override
    public void close() throws IOException {
        server.close();
        if (Files.exists(pidFile)) {
            ProcessHandle.of(pid()).ifPresent(ProcessHandle::destroyForcibly);
        }
    }
}
