package dev.weir;

import dev.weir.admin.AdminView.UpgradeFailed;
import dev.weir.config.WeirConfig;
import dev.weir.control.Control;
import dev.weir.control.Digest;
import dev.weir.control.FileWatch;
import dev.weir.control.Reloader;
import dev.weir.fleet.Fleet;
import dev.weir.fleet.FleetAddress;
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
import java.util.function.Consumer;
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
     * Runs this configuration. Returns when it has stopped.
     *
     * @param file where the configuration was read; null when it has no file
     */
    void run(WeirConfig config, @Nullable Path file) throws StartFailure {
        Signals signals = Signals.heard(err);
        Control control = control(config, file);
        Reloader reloader = file == null ? Reloader.none(control) : Reloader.of(control, file);
        serve(config, signals, reloader, _ -> {}, () -> {});
        control.close();
    }

    /** Runs what a fleet runs, as one of it. Returns when it has stopped. */
    void run(FleetAddress address) throws StartFailure {
        Signals signals = Signals.heard(err);
        try (Fleet fleet = Fleet.join(address, environment)) {
            Control control = Control.open(fleet.config(), fleet.version(), fleet.store());
            Reloader reloader = Reloader.of(control, fleet.source(), address.toString());
            Consumer<Weir> accepting = weir -> fleet.follow(reloader, Weir.version(), weir.admin());
            // It goes from the list as soon as it takes no changes any more, which must not hold up its end.
            Runnable leaving = () -> Thread.ofVirtual().name("weir-fleet-leave").start(fleet::close);
            serve(fleet.config(), signals, reloader, accepting, leaving);
            control.close();
        } catch (IOException failure) {
            throw new StartFailure(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Serves until it has stopped.
     *
     * @param accepting called when it accepts
     * @param leaving called when it begins to stop, or another process has taken over
     */
    private void serve(
            WeirConfig config, Signals signals, Reloader reloader, Consumer<Weir> accepting, Runnable leaving)
            throws StartFailure {
        PidFile pidFile = config.pidFile().isEmpty() ? null : new PidFile(Path.of(config.pidFile()));
        Weir weir = started(reloader, pidFile);
        try (Upgrade upgrade = upgrade(config, weir);
                FileWatch watch = FileWatch.start(reloader)) {
            weir.tellProgress(progress -> {
                leaving.run();
                manager.stopping(progress);
            });
            weir.describe().forEach(line -> err.println("weir: " + line));
            Watchdog watchdog = Watchdog.start(manager, environment, weir.loops());
            weir.upgradedBy(() -> {
                long pid = upgraded(weir, upgrade, watchdog, watch);
                leaving.run();
                return pid;
            });
            signals.control(weir, () -> reload(reloader, weir));
            accepting.accept(weir);
            manager.ready(String.join(", ", weir.describe()));
            weir.awaitStop();
            watchdog.close();
        }
        if (pidFile != null) {
            pidFile.remove();
        }
    }

    private void reload(Reloader reloader, Weir weir) {
        manager.reloading();
        Reloader.Report report = reloader.reload("SIGHUP");
        String serving = String.join(", ", weir.describe());
        manager.ready(
                report.outcome() == Reloader.Outcome.REFUSED
                        ? serving + "; not reloaded: " + report.problems().getFirst()
                        : serving);
    }

    private static Control control(WeirConfig config, @Nullable Path file) throws StartFailure {
        try {
            return Control.open(
                    config, file == null ? Digest.of(config) : Reloader.version(file), StatePlace.of(config, file));
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
        WarmUp.run(reloader.control().state().config().warmUp());
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
        WarmUp.run(reloader.control().state().config().upgrade().warmUp());
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

    private long upgraded(Weir weir, Upgrade upgrade, Watchdog watchdog, FileWatch watch) throws UpgradeFailed {
        weir.freeze(true);
        try {
            long pid = upgrade.run();
            manager.mainProcess(pid);
            watchdog.close();
            watch.close();
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
