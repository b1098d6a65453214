package dev.weir.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.channel.epoll.Epoll;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has a new process take the place of this one: starts it as this one was started, passes it the listening sockets over a
 * unix domain socket that only this user can reach, and gives way once it says that it accepts. Until then this process
 * serves on, whatever becomes of the new one. Control plane; blocks.
 */
public final class Upgrade implements AutoCloseable {
    /** It was not done; the message is a sentence for the user, perhaps with what the new process said on lines of their own. */
    public static final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        Refused(String message) {
            super(message);
        }
    }

    /** The environment variable that tells a new process where it is expected. */
    static final String MEETING = "WEIR_UPGRADE";

    private static final Logger LOG = LoggerFactory.getLogger(Upgrade.class);
    /** What was meant for this process alone. */
    private static final List<String> OWN_VARIABLES =
            List.of("LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "LISTEN_PIDFDID", "WATCHDOG_PID");

    private static final int FIRST_PROCESS = 1;

    /** Tells how this process was started. */
    @FunctionalInterface
    public interface Launching {
        Launch launch() throws IOException;
    }

    private final Launching launching;
    private final Duration startTimeout;
    private final Supplier<List<Carried>> state;
    private final BooleanSupplier stopping;
    private final AtomicBoolean underWay = new AtomicBoolean();
    /** The new process, until it accepts. */
    private volatile @Nullable Process starting;

    private volatile boolean done;

    /**
     * Upgrades of a process.
     *
     * @param state what this process has to pass on, asked for at each upgrade
     * @param stopping whether this process was told to end, and no other is wanted in its place
     */
    public Upgrade(
            Launching launching, Duration startTimeout, Supplier<List<Carried>> state, BooleanSupplier stopping) {
        this.launching = launching;
        this.startTimeout = startTimeout;
        this.state = state;
        this.stopping = stopping;
    }

    /**
     * Starts a new process and returns its number when it accepts connections. From then on this one is to accept none.
     * Once this was done it cannot be done again.
     *
     * @throws Refused when this process goes on as before
     */
    public long run() throws Refused {
        if (!Epoll.isAvailable()) {
            throw new Refused("an upgrade passes sockets from process to process, and that takes Linux with epoll");
        }
        if (ProcessHandle.current().pid() == FIRST_PROCESS) {
            throw new Refused(
                    "Weir is the first process of its container, which ends with it: start another container");
        }
        if (!underWay.compareAndSet(false, true)) {
            throw new Refused(
                    done ? "another process has taken over from this one" : "an upgrade is under way already");
        }
        try {
            long pid = start();
            done = true;
            return pid;
        } catch (Refused failure) {
            underWay.set(false);
            throw failure;
        }
    }

    private long start() throws Refused {
        Path directory = null;
        try {
            directory = Files.createTempDirectory("weir-");
            Path meeting = directory.resolve("upgrade");
            // A stop in between ends the process without coming back here.
            directory.toFile().deleteOnExit();
            meeting.toFile().deleteOnExit();
            try (Wire.Meeting expected = new Wire.Meeting(meeting)) {
                return handOver(expected, meeting);
            }
        } catch (IOException failure) {
            throw new Refused("the new process cannot be started: " + failure.getMessage());
        } finally {
            remove(directory);
        }
    }

    private static void remove(@Nullable Path directory) {
        if (directory == null) {
            return;
        }
        try {
            Files.deleteIfExists(directory.resolve("upgrade"));
            Files.deleteIfExists(directory);
        } catch (IOException left) {
            LOG.warn("{} stays behind: {}", directory, left.getMessage());
        }
    }

    private long handOver(Wire.Meeting expected, Path meeting) throws IOException, Refused {
        Launch launch = launching.launch();
        ProcessBuilder builder = new ProcessBuilder(launch.command())
                .redirectInput(ProcessBuilder.Redirect.INHERIT)
                .redirectOutput(ProcessBuilder.Redirect.INHERIT);
        Map<String, String> environment = builder.environment();
        OWN_VARIABLES.forEach(environment::remove);
        environment.put(MEETING, meeting.toString());
        Process process = builder.start();
        starting = process;
        LOG.info("upgrade: process {} starts", process.pid());
        Messages messages = Messages.of(process);
        try (Wire wire = expected.await(startTimeout, process::isAlive)) {
            return converse(wire);
        } catch (IOException failure) {
            Refused refused = failed(process, messages, failure);
            starting = null;
            throw refused;
        }
    }

    private long converse(Wire wire) throws IOException, Refused {
        Wire.Message hello = wire.receive(Wire.HELLO);
        ByteBuffer said = ByteBuffer.wrap(hello.content);
        byte version = said.get();
        if (version != Wire.VERSION) {
            String refusal = "the running process passes its sockets in version " + Wire.VERSION
                    + " of the protocol, and the new one asks for version " + version;
            wire.send(Wire.REFUSED, refusal.getBytes(UTF_8));
            throw new IOException(refusal);
        }
        long pid = said.getLong();
        List<Carried> carried = state.get();
        wire.send(Wire.STATE, Carried.write(carried));
        for (Carried each : carried) {
            if (each.hasDescriptor()) {
                wire.sendDescriptor(each.descriptor());
            }
        }
        wire.receive(Wire.READY);
        if (stopping.getAsBoolean()) {
            throw new IOException("Weir is stopping");
        }
        wire.send(Wire.TAKE_OVER, new byte[0]);
        wire.receive(Wire.ACCEPTING);
        starting = null;
        return pid;
    }

    /** Ends the new process if it has not ended, and says what became of it. */
    private Refused failed(Process process, Messages messages, IOException failure) {
        boolean ended = failure instanceof EOFException && ended(process);
        end(process);
        String said = messages.last();
        String why = ended
                ? "ended with exit code " + process.exitValue() + " before it was ready"
                : "was ended: " + failure.getMessage();
        return new Refused("the new process " + why + "; process "
                + ProcessHandle.current().pid() + " serves on" + (said.isEmpty() ? "" : ". It said:\n" + said));
    }

    private static boolean ended(Process process) {
        try {
            return process.waitFor(1, TimeUnit.SECONDS);
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static void end(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        ended(process);
    }

    /** Whether a new process is being started, or has taken over. */
    public boolean underWay() {
        return underWay.get();
    }

    /** This process stops: one that has not taken over by now does not. */
    @Override
    public void close() {
        Process process = starting;
        if (process != null) {
            end(process);
        }
    }
}
