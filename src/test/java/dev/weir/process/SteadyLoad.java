package dev.weir.process;

import dev.weir.testing.RawClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Clients that send one request after the other on connections that they keep, as well-behaved clients do: a new connection
 * where an answer says that the old one closes, and no request twice. All that goes wrong is remembered.
 */
final class SteadyLoad implements AutoCloseable {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    private final int port;
    private final List<Thread> clients = new ArrayList<>();
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private final AtomicLong answers = new AtomicLong();
    private volatile boolean over;

    SteadyLoad(int port, int number) {
        this.port = port;
        for (int i = 0; i < number; i++) {
            clients.add(Thread.ofVirtual().start(this::run));
        }
    }

    private void run() {
        while (!over) {
            try (RawClient client = new RawClient(port)) {
                boolean open = true;
                while (open && !over) {
                    RawClient.Message answer = client.send(GET).readMessage();
                    if (answer.head().isEmpty() || answer.status() != 200) {
                        failures.add("answered: " + answer.head());
                        return;
                    }
                    answers.incrementAndGet();
                    open = !"close".equalsIgnoreCase(answer.header("connection"));
                }
            } catch (IOException | RuntimeException failure) {
                failures.add(failure.toString());
            }
        }
    }

    long answers() {
        return answers.get();
    }

    List<String> failures() {
        return failures;
    }

    /** Ends when each request under way has its answer. */
    @Override
    public void close() throws InterruptedException {
        over = true;
        for (Thread client : clients) {
            client.join();
        }
    }
}
