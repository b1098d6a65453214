package dev.weir.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * A Weir in a process of its own, started by {@code bin/weir}, for which the jar must have been built, or by this test's
 * own JVM and class path.
 */
public final class LaunchedWeir implements AutoCloseable {
    public static final Path LAUNCHER = Path.of("bin", "weir").toAbsolutePath();
    private static final long TIMEOUT_SECONDS = 60;

    private final Process process;
    private final BufferedReader output;

    private LaunchedWeir(Process process) {
        this.process = process;
        this.output = process.inputReader();
    }

    /** Starts it with these arguments; both output streams are read as one. */
    public static LaunchedWeir with(String... arguments) throws IOException {
        return by(LAUNCHER, arguments);
    }

    public static LaunchedWeir by(Path launcher, String... arguments) throws IOException {
        // A build that was itself started in the background ignores SIGINT, and what it starts would too.
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT", launcher.toString()));
        command.addAll(List.of(arguments));
        return new LaunchedWeir(
                new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    /** The command that runs Weir with the classes of this test, small and soon there. */
    public static List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx96m",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.weir.Main"));
        command.addAll(List.of(arguments));
        return command;
    }

    /** Starts a process that is Weir, or will be; both output streams are read as one. */
    public static LaunchedWeir start(ProcessBuilder weir) throws IOException {
        return new LaunchedWeir(weir.redirectErrorStream(true).start());
    }

    /** Starts it with the classes of this test. */
    public static LaunchedWeir forked(String... arguments) throws IOException {
        return start(new ProcessBuilder(command(arguments)));
    }

    public long pid() {
        return process.pid();
    }

    /** Reads on until a line begins so, and returns the rest of that line. */
    public String awaitLine(String beginning) throws IOException {
        return awaitLine(line -> line.startsWith(beginning), "began with '" + beginning)
                .substring(beginning.length());
    }

    /** Reads on until a line has this somewhere, and returns it: others may come before it. */
    public String awaitLineWith(String part) throws IOException {
        return awaitLine(line -> line.contains(part), "had '" + part);
    }

    private String awaitLine(Predicate<String> wanted, String what) throws IOException {
        StringBuilder seen = new StringBuilder();
        String line;
        while ((line = output.readLine()) != null) {
            if (wanted.test(line)) {
                return line;
            }
            seen.append(line).append('\n');
        }
        throw new IOException("no line " + what + "': " + seen);
    }

    /** Waits until it listens. */
    public int awaitPort() throws IOException {
        String address = awaitLine("weir: listening on ");
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    /** Sends a signal, for example TERM, to the process that was started. */
    public void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                .inheritIO()
                .start()
                .waitFor();
    }

    public boolean running() {
        return process.isAlive();
    }

    /** Waits for the end and returns the exit code. */
    public int awaitExit() throws InterruptedException, IOException {
        if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
            throw new IOException("still running after " + TIMEOUT_SECONDS + " s");
        }
        return process.exitValue();
    }

    /** All output that was not read yet, until the process ends. */
    public List<String> rest() {
        return output.lines().toList();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
