package dev.weir;

import dev.weir.config.WeirConfig;
import dev.weir.control.Control;
import dev.weir.control.Digest;
import dev.weir.control.Reloader;
import dev.weir.process.InheritedSockets;
import dev.weir.process.PidFile;
import dev.weir.process.SystemdNotify;
import dev.weir.process.Watchdog;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One Weir as a process among others: signals, the service manager, sockets that were opened by another, the file with
 * the process's number. The main thread.
 */
final class Service {
    private final PrintStream err;
    private final Map<String, String> environment = System.getenv();
    private final SystemdNotify manager = SystemdNotify.of(environment);

    /** @param err where a person at the terminal looks */
    Service(PrintStream err) {
        this.err = err;
    }

    /**
     * Returns when it has stopped.
     *
     * @param file where the configuration was read; null when it has no file
     */
    void run(WeirConfig config, @Nullable Path file) throws StartFailure {
        Signals signals = Signals.heard(err);
        Control control = control(config, file);
        Reloader reloader = file == null ? Reloader.none(control) : Reloader.of(control, file);
        Weir weir = Weir.prepare(control, reloader, sockets());
        PidFile pidFile = pidFile(config);
        try {
            if (pidFile != null) {
                pidFile.write();
            }
        } catch (IOException failure) {
            weir.stopNow();
            weir.awaitStop();
            throw new StartFailure(failure);
        }
        weir.tellProgress(manager::stopping);
        signals.control(weir);
        weir.accept();
        weir.describe().forEach(line -> err.println("weir: " + line));
        manager.ready(String.join(", ", weir.describe()));
        try (Watchdog _ = Watchdog.start(manager, environment, weir.loops())) {
            weir.awaitStop();
        }
        control.close();
        if (pidFile != null) {
            pidFile.remove();
        }
    }

    private static Control control(WeirConfig config, @Nullable Path file) throws StartFailure {
        try {
            return Control.open(config, Digest.of(config), StatePlace.of(config, file));
        } catch (IOException failure) {
            throw new StartFailure(failure);
        }
    }

    private InheritedSockets sockets() throws StartFailure {
        try {
            return InheritedSockets.activated(environment);
        } catch (IOException failure) {
            throw new StartFailure(failure);
        }
    }

    private static @Nullable PidFile pidFile(WeirConfig config) {
        return config.pidFile().isEmpty()
                ? null
                : new PidFile(Path.of(config.pidFile()), ProcessHandle.current().pid());
    }
}
