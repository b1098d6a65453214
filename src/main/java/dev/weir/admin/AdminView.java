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

    /** The metrics in the format that the {@code Accept} field value asks for, empty when it was not sent. */
    Exposition metrics(String accept);

    /** The health of all pools. */
    List<PoolReport> pools();

    /** Has a server be so from now on, and tells of it then; null when there is none. */
    @Nullable ServerReport admin(String pool, String server, AdminState state);
}
