package dev.weir.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.TimeUnit;

/**
 * What a new process writes to its standard error until it has the old one's: passed on to that, and its end kept, which
 * says why a start failed.
 */
final class Messages {
    private static final int KEPT = 4096;
    private static final long LONGEST_WAIT_SECONDS = 2;

    private final StringBuilder last = new StringBuilder();
    private final Thread thread;

    private Messages(InputStream from) {
        thread = Thread.ofVirtual().name("weir-upgrade-messages").unstarted(() -> pass(from));
    }

    static Messages of(Process process) {
        Messages messages = new Messages(process.getErrorStream());
        messages.thread.start();
        return messages;
    }

    private void pass(InputStream from) {
        byte[] bytes = new byte[KEPT];
        try (from) {
            int count;
            while ((count = from.read(bytes)) > 0) {
                System.err.write(bytes, 0, count);
                System.err.flush();
                keep(new String(bytes, 0, count, UTF_8));
            }
        } catch (IOException ended) {
            keep("(" + ended.getMessage() + ")");
        }
    }

    private synchronized void keep(String text) {
        last.append(text);
        if (last.length() > KEPT) {
            last.delete(0, last.length() - KEPT);
        }
    }

    /** The last lines, when the process has ended. */
    String last() {
        try {
            thread.join(TimeUnit.SECONDS.toMillis(LONGEST_WAIT_SECONDS));
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
        synchronized (this) {
            return last.toString().strip();
        }
    }
}
