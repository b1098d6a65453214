package dev.weir.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Asks a running Weir for an upgrade by the signal USR2, and sees by its PID file what becomes of it. Blocks. */
public final class UpgradeSignal {
    private static final long LOOK_MILLIS = 20;
    /** How long a process may take until it has started another. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private UpgradeSignal() {}

    /**
     * Returns the number of the process that has taken over.
     *
     * @throws IOException with a sentence for the user
     */
    public static long send(Path pidFile) throws IOException {
        long old = pid(pidFile);
        ProcessHandle process = ProcessHandle.of(old)
                .orElseThrow(() -> new IOException("no process has the number " + old + " that is in " + pidFile));
        signal(old);
        long begun = System.nanoTime();
        boolean started = false;
        while (true) {
            long now = pid(pidFile);
            if (now != old) {
                return now;
            }
            Optional<ProcessHandle> child = process.children().findAny();
            boolean failed = started ? child.isEmpty() : System.nanoTime() - begun > PATIENCE_NANOS;
            if (!process.isAlive() || failed) {
                return outcome(pidFile, old);
            }
            started |= child.isPresent();
            pause();
        }
    }

    /** The file was perhaps written in the moment that the process was looked at. */
    private static long outcome(Path pidFile, long old) throws IOException {
        long now = pid(pidFile);
        if (now == old) {
            throw new IOException("no new process has taken over from process " + old + "; its log says why");
        }
        return now;
    }

    private static long pid(Path file) throws IOException {
        try {
            return Long.parseLong(Files.readString(file).strip());
        } catch (NoSuchFileException missing) {
            throw new IOException("there is no pid-file " + file, missing);
        } catch (NumberFormatException other) {
            throw new IOException("there is no number in " + file, other);
        }
    }

    private static void signal(long pid) throws IOException {
        Process kill = new ProcessBuilder("kill", "-USR2", Long.toString(pid))
                .redirectErrorStream(true)
                .start();
        try {
            if (kill.waitFor() != 0) {
                throw new IOException("process " + pid + " cannot be sent a signal: "
                        + new String(kill.getInputStream().readAllBytes(), UTF_8).strip());
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", stopping);
        }
    }

    private static void pause() throws IOException {
        try {
            TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", stopping);
        }
    }
}
