package dev.weir.admin;

import dev.weir.control.Control;
import dev.weir.control.Difference;
import dev.weir.control.Reloader;
import dev.weir.discovery.SourceReport;
import dev.weir.health.PoolReport;
import dev.weir.observe.Activity;
import dev.weir.observe.Exposition;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A running Weir as the admin port shows and changes it. Called on the admin port's threads, several at once; may block. */
public interface AdminView {
    /**
     * What does not change while it runs.
     *
     * @param listeners where it listens, as in ":8080"
     */
    record Running(String version, Instant started, List<String> listeners) {
        public Running {
            listeners = List.copyOf(listeners);
        }
    }

    /** Why Weir should get no traffic now, as the end of the sentence "not ready: …"; null when it is ready. */
    @Nullable String notReady();

    /** A new process did not take over; the message is a sentence, perhaps with lines of what the process said. */
    final class UpgradeFailed extends Exception {
        private static final long serialVersionUID = 1;

        public UpgradeFailed(String message) {
            super(message);
        }
    }

    /** Has a new process take the place of this one, and returns its number when it serves. */
    long upgrade() throws UpgradeFailed;

    /** The metrics in the format that the {@code Accept} field value asks for, empty when it was not sent. */
    Exposition metrics(String accept);

    /** The health of all pools, without their servers. */
    List<PoolReport> pools();

    /** The health of one pool; null when there is none of this name. */
    @Nullable PoolReport pool(String name);

    /** How the sources of a pool's servers stand, in the order of its configuration. */
    List<SourceReport> sources(String pool);

    /** What holds, and the way to change it. */
    Control control();

    Reloader reloader();

    Running running();

    Activity activity();

    /** Requests in flight to a server, perhaps one that was removed. */
    int inFlight(String pool, String server);

    /** The same of all servers, at this moment. */
    Difference.Load load();

    /**
     * Gives up on a server that was removed: requests that wait for it are tried elsewhere where that is safe, and what else
     * is under way with it is cut.
     */
    void cut(String pool, String server);
}
