package dev.weir.health;

import dev.weir.config.AdminState;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What there is to say about one server's health; the names of its parts are those of the admin API.
 *
 * @param state what it is taken for, an id of {@link ServerState}
 * @param adminState what an operator wants, an id of {@link AdminState}
 * @param health what it would be taken for if the operator did not overrule it
 * @param since when the state began
 * @param reason why, an id of {@link Reason}
 * @param evidence the same in words
 * @param returns when an ejected server is tried again, or one that is down without being checked; null otherwise
 * @param effectiveWeight the weight that it has now beside the others'; 0 while it gets nothing
 * @param limit how many requests it may have at once; null for any number
 */
public record ServerReport(
        String address,
        String state,
        String adminState,
        String health,
        Instant since,
        String reason,
        String evidence,
        @Nullable Instant returns,
        boolean flapping,
        int weight,
        double effectiveWeight,
        boolean backup,
        int inFlight,
        @Nullable Integer limit,
        Window window,
        List<StateChange> changes,
        List<Check> checks) {
    /**
     * Its traffic over the window of ejection.
     *
     * @param failures of these answers
     * @param waiting requests whose answer has not begun
     * @param firstByteMedianMs null for too few answers
     */
    public record Window(
            long answers,
            long failures,
            long waiting,
            @Nullable Double firstByteMedianMs) {}

    /** A change of state. */
    public record StateChange(Instant time, String from, String to, String reason, String evidence) {}

    /** The outcome of a check. */
    public record Check(Instant time, boolean passed, double tookMs, String evidence) {}

    public ServerReport {
        changes = List.copyOf(changes);
        checks = List.copyOf(checks);
    }
}
