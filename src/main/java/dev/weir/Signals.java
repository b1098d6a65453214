package dev.weir;

import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What signals do to a running Weir: TERM and INT let it stop, a second one cuts what is left; USR1 opens the logs anew.
 * Actions run on threads of the JVM's own and do not wait.
 */
final class Signals {
    private static final Logger LOG = LoggerFactory.getLogger(Signals.class);

    private Signals() {}

    /** From now on the process obeys signals; what a person at the terminal should know goes to {@code err}. */
    static void control(Weir weir, PrintStream err) {
        AtomicBoolean told = new AtomicBoolean();
        Runnable stop = () -> {
            if (told.compareAndSet(false, true)) {
                err.println("weir: stopping when the requests under way are done; a second signal cuts them off");
                weir.stop();
            } else {
                weir.stopNow();
            }
        };
        on("TERM", stop);
        on("INT", stop);
        on("USR1", weir::reopenLogs);
        on("HUP", () -> LOG.warn("SIGHUP changes nothing: a changed configuration takes a restart"));
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
