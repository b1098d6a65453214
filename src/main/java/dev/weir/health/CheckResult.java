package dev.weir.health;

import dev.weir.observe.Cause;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of one check of a server.
 *
 * @param cause why there was no answer, or none that could be read; null when the server is up or answered something else
 *     than was expected. {@link Cause#STOPPING}: nothing was found, since Weir stops
 * @param took from the beginning of the check
 * @param evidence what was seen, as a part of a sentence for a person, for example {@code status 503, expected 200-399};
 *     without line ends
 * @param conclusive false when time ran out while Weir itself had none for the check, so that it tells nothing of the server
 */
public record CheckResult(boolean up, @Nullable Cause cause, Duration took, String evidence, boolean conclusive) {
    public CheckResult(boolean up, @Nullable Cause cause, Duration took, String evidence) {
        this(up, cause, took, evidence, true);
    }
}
