package dev.weir;

import dev.weir.admin.AdminView;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What signals do to Weir: TERM and INT let it stop, a second one cuts what is left; HUP has it read its file, and opens
 * the logs anew as USR1 does; USR2 has a new process take over. One that comes while Weir starts is obeyed when it has
 * started, so that no request that it accepts is lost. Actions run on threads of the JVM's own and do not wait.
 */
final class Signals {
    private static final Logger LOG = LoggerFactory.getLogger(Signals.class);

    private final PrintStream err;
    private @Nullable Weir weir;
    private Runnable reload = () -> {};
    private int stops;
    /** What was heard while there was no instance. */
    private final List<Consumer<Weir>> early = new ArrayList<>();

    /** That hears nothing of the system's. */
    Signals(PrintStream err) {
        this.err = err;
    }

    /** From now on the process hears signals; what a person at the terminal should know goes to {@code err}. */
    static Signals heard(PrintStream err) {
        Signals signals = new Signals(err);
        on("TERM", signals::stop);
        on("INT", signals::stop);
        on("USR1", () -> signals.obey(Weir::reopenLogs));
        on("USR2", () -> signals.obey(Signals::upgrade));
        on("HUP", () -> signals.obey(signals::reload));
        return signals;
    }

    /**
     * Lets signals control this instance, also those that came before.
     *
     * @param reloading has it follow its file; may block
     */
    synchronized void control(Weir started, Runnable reloading) {
        weir = started;
        reload = reloading;
        if (stops > 0) {
            started.stop();
        } else {
            early.forEach(action -> action.accept(started));
        }
        early.clear();
    }

    /** Does this to the instance; as soon as there is one, if there is none. */
    synchronized void obey(Consumer<Weir> action) {
        if (weir == null) {
            early.add(action);
        } else {
            action.accept(weir);
        }
    }

    private synchronized void stop() {
        stops++;
        Weir running = weir;
        if (stops == 1) {
            err.println("weir: stopping when the requests under way are done; a second signal cuts them off");
            if (running != null) {
                running.stop();
            }
        } else if (running != null) {
            running.stopNow();
        } else {
            // Something holds up the start, perhaps a name server, and the user does not want to wait for it.
            Runtime.getRuntime().halt(Cli.FAILED);
        }
    }

    private static void upgrade(Weir running) {
        Thread.ofPlatform().name("weir-upgrade").start(() -> {
            try {
                running.upgrade();
            } catch (AdminView.UpgradeFailed failed) {
                LOG.debug("the log has the reason", failed);
            }
        });
    }

    private void reload(Weir running) {
        running.reopenLogs();
        Thread.ofVirtual().name("weir-reload").start(reload);
    }

    /**
     * The JDK's only way to hear signals is {@code sun.misc.Signal}. The compiler warns of each mention of it and
     * cannot be told not to, so it is not mentioned.
     */
    private static void on(String name, Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object runs = Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, (_, _, _) -> {
                action.run();
                return null;
            });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), runs);
        } catch (ReflectiveOperationException unsupported) {
            // Not on this system, or the JVM was told to leave signals alone (-Xrs).
            LOG.info("SIG{} keeps its usual meaning: {}", name, String.valueOf(unsupported.getCause()));
        }
    }
}
