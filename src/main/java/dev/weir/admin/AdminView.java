package dev.weir.admin;

import dev.weir.config.AdminState;
import dev.weir.health.PoolReport;
import dev.weir.health.ServerReport;
import dev.weir.observe.Exposition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the admin port shows of a running Weir. Called on the admin port's threads, several at once; may block. */
public interface AdminView {
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
    default long upgrade() throws UpgradeFailed {
        throw new UpgradeFailed("this Weir runs within another program, which starts it");
    }

    /** The metrics in the format that the {@code Accept} field value asks for, empty when it was not sent. */
    Exposition metrics(String accept);

    /** The health of all pools. */
    List<PoolReport> pools();

    /** Has a server be so from now on, and tells of it then; null when there is none. */
    @Nullable ServerReport admin(String pool, String server, AdminState state);
}
