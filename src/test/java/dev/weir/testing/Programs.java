package dev.weir.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Programs that others have written, as clients and servers of a test; all end with it. */
public final class Programs implements AutoCloseable {
    /** Two processes run tests side by side (forkCount): each has its own. */
    private static final int PORTS = 8_500;
    /** The ports of both end below those that the system gives to clients (32768 and up on Linux). */
    private static final int FIRST_PORT = 15_000 + PORTS * (Integer.getInteger("test.fork", 1) % 2);
    /** Begins anywhere, because other runs of the tests may be under way on the machine. */
    private static final AtomicInteger NEXT_PORT = new AtomicInteger(new Random().nextInt(PORTS));

    private static final long TIMEOUT_SECONDS = 120;

    private final List<Process> running = new ArrayList<>();

    /** Leaves the test out where the program is not installed. */
    public static void assumeInstalled(String program) {
        boolean installed = Arrays.stream((System.getenv("PATH") + ":/usr/sbin:/usr/local/sbin").split(":"))
                .anyMatch(folder -> new File(folder, program).canExecute());
        assumeTrue(installed, program + " is not installed here");
    }

    /** Starts a program whose output, errors included, goes to a file. */
    public Process start(Path output, String... command) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .redirectInput(new File("/dev/null"))
                .start();
        running.add(process);
        return process;
    }

    /** Runs a program to its end, which must be a success, and returns its output. */
    public String run(Path output, String... command) throws Exception {
        Process process = start(output, command);
        assertThat(process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)).isTrue();
        String written = Files.readString(output, StandardCharsets.ISO_8859_1);
        assertThat(process.exitValue()).as(written).isZero();
        return written;
    }

    /**
     * A port that nobody listens at, that no client is given by the system, and that is not given again for long: it is
     * free a moment later, too.
     */
    public static int freePort() throws IOException {
        for (int i = 0; i < PORTS; i++) {
            int port = FIRST_PORT + Math.floorMod(NEXT_PORT.getAndIncrement(), PORTS);
            try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (BindException taken) {
                // The next one, then.
            }
        }
        throw new IOException("no port is free");
    }

    /** Whether somebody listens at this port. */
    public static boolean listens(int port) {
        try {
            new Socket(InetAddress.getLoopbackAddress(), port).close();
            return true;
        } catch (IOException nobody) {
            return false;
        }
    }

    public static void awaitListening(int port) {
        await().atMost(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                .ignoreException(java.net.ConnectException.class)
                .until(() -> {
                    new Socket(InetAddress.getLoopbackAddress(), port).close();
                    return true;
                });
    }

    @Override
    public void close() throws InterruptedException {
        for (Process process : running) {
            process.destroy();
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        }
    }
}
