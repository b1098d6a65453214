package dev.weir.health;

import dev.weir.observe.Cause;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What one active check of a server found.
 *
 * @param cause why the server is not up, where the closed list of causes has it; null when it is up, and when it answered
 *     but not as expected. {@link Cause#STOPPING}: nothing was found, since Weir stops
 * @param took from the beginning of the check
 * @param evidence a short sentence for a person, without line ends
 */
public record CheckResult(boolean up, @Nullable Cause cause, Duration took, String evidence) {}
