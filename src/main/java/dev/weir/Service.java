package dev.weir;

import dev.weir.admin.AdminView.UpgradeFailed;
import dev.weir.config.WeirConfig;
import dev.weir.control.Control;
import dev.weir.control.Digest;
import dev.weir.control.Reloader;
import dev.weir.process.InheritedSockets;
import dev.weir.process.Launch;
import dev.weir.process.PidFile;
import dev.weir.process.SystemdNotify;
import dev.weir.process.Takeover;
import dev.weir.process.Upgrade;
import dev.weir.process.Watchdog;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One Weir as a process among others: signals, the service manager, sockets that were opened by another, the file with
 * the process's number, and the process that takes over from this one or the other way round. The main thread.
 */
final class Service {
    private static final Logger LOG = LoggerFactory.getLogger(Service.class);

    private final PrintStream err;
    private final List<String> arguments;
    private final Map<String, String> environment = System.getenv();
    private final SystemdNotify manager = SystemdNotify.of(environment);

    /**
     * A service that has yet to run.
     *
     * @param err where a person at the terminal looks
     * @param arguments the command line, with which a process that takes over is started too
     */
    Service(PrintStream err, List<String> arguments) {
        this.err = err;
        this.arguments = arguments;
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
        PidFile pidFile = config.pidFile().isEmpty() ? null : new PidFile(Path.of(config.pidFile()));
        Weir weir = started(reloader, pidFile);
        try (Upgrade upgrade = upgrade(config, weir)) {
            weir.tellProgress(manager::stopping);
            weir.describe().forEach(line -> err.println("weir: " + line));
            Watchdog watchdog = Watchdog.start(manager, environment, weir.loops());
            weir.upgradedBy(() -> upgraded(weir, upgrade, watchdog));
            signals.control(weir);
            manager.ready(String.join(", ", weir.describe()));
            weir.awaitStop();
            watchdog.close();
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

    /** A Weir that accepts. */
    private Weir started(Reloader reloader, @Nullable PidFile pidFile) throws StartFailure {
        try (Takeover takeover = Takeover.of(environment)) {
            return takeover == null ? alone(reloader, pidFile) : after(takeover, reloader, pidFile);
        } catch (IOException failure) {
            throw new StartFailure(failure);
        }
    }

    private Weir alone(Reloader reloader, @Nullable PidFile pidFile) throws IOException, StartFailure {
        Weir weir = Weir.prepare(reloader, InheritedSockets.activated(environment));
        try {
            if (pidFile != null) {
                pidFile.write();
            }
            weir.accept();
        } catch (IOException failure) {
            ended(weir);
            throw failure;
        }
        return weir;
    }

    /** Until the old process has given way, what fails ends this one alone. */
    private static Weir after(Takeover takeover, Reloader reloader, @Nullable PidFile pidFile)
            throws IOException, StartFailure {
        Weir weir = Weir.prepare(reloader, takeover.sockets());
        try {
            weir.goOnWith(takeover.carried());
            takeover.ready();
            weir.accept();
            takeover.accepting();
            reloader.control().refresh();
        } catch (IOException failure) {
            ended(weir);
            throw failure;
        }
        try {
            if (pidFile != null) {
                pidFile.write();
            }
        } catch (IOException failure) {
            LOG.warn("{}", failure.getMessage());
        }
        return weir;
    }

    private static void ended(Weir weir) {
        weir.stopNow();
        weir.awaitStop();
    }

    private Upgrade upgrade(WeirConfig config, Weir weir) throws StartFailure {
        return new Upgrade(
                () -> Launch.ofThisProcess(arguments), config.upgrade().startTimeout(), weir::passOn, weir::isStopping);
    }

    private long upgraded(Weir weir, Upgrade upgrade, Watchdog watchdog) throws UpgradeFailed {
        weir.freeze(true);
        try {
            long pid = upgrade.run();
            manager.mainProcess(pid);
            watchdog.close();
            weir.tellProgress(progress -> {});
            err.println("weir: process " + pid + " has taken over; this one ends when all that it serves has ended");
            weir.leave();
            return pid;
        } catch (Upgrade.Refused refused) {
            weir.freeze(upgrade.underWay());
            LOG.error("upgrade: {}", refused.getMessage());
            throw new UpgradeFailed(String.valueOf(refused.getMessage()));
        }
    }
}
