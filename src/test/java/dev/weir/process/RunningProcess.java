package dev.weir.process;

import static org.awaitility.Awaitility.await;

import dev.weir.testing.LaunchedWeir;
import dev.weir.testing.RawClient;
import java.io.IOException;
import java.nio.file.Path;

/** A Weir in a process of its own that has an admin port, and where it listens. */
record RunningProcess(LaunchedWeir weir, int port, int admin) implements AutoCloseable {
    private static final String CLOSE = "Host: localhost\r\nConnection: close\r\n";

    static RunningProcess of(Path config) throws IOException {
        LaunchedWeir weir = LaunchedWeir.forked("run", config.toString());
        int port = weir.awaitPort();
        String admin = weir.awaitLine("weir: admin on ");
        return new RunningProcess(weir, port, Integer.parseInt(admin.substring(admin.lastIndexOf(':') + 1)));
    }

    String answer() throws IOException {
        try (RawClient client = new RawClient(port)) {
            return client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                    .readMessage()
                    .content();
        }
    }

    /** The answer to a request for an upgrade. */
    RawClient.Message upgrade() throws IOException {
        try (RawClient client = new RawClient(admin)) {
            client.socket().setSoTimeout(60_000);
            return client.send("POST /v1/upgrade HTTP/1.1\r\nContent-Length: 0\r\n" + CLOSE + "\r\n")
                    .readMessage();
        }
    }

    String get(String path) throws IOException {
        try (RawClient client = new RawClient(admin)) {
            return client.send("GET " + path + " HTTP/1.1\r\n" + CLOSE + "\r\n")
                    .readMessage()
                    .content();
        }
    }

    /** The new process that is being started. */
    ProcessHandle awaitChild() {
        return await().until(
                        () -> ProcessHandle.of(weir.pid())
                                .orElseThrow()
                                .children()
                                .toList(),
                        children -> !children.isEmpty())
                .getFirst();
    }

    @Override
    public void close() {
        weir.close();
    }
}
