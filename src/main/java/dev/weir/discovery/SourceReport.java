package dev.weir.discovery;

import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a source stands.
 *
 * @param source its label, as in {@code dns:web.internal:80}
 * @param servers how many servers of it are in use
 * @param outcome of the last look; null before the first
 * @param message why the last look failed; empty when it did not
 * @param looked when that was; null before the first look
 * @param succeeded when a look last succeeded; null when none has
 * @param updates how many looks ended how
 */
public record SourceReport(
        String pool,
        String source,
        int servers,
        @Nullable Outcome outcome,
        String message,
        @Nullable Instant looked,
        @Nullable Instant succeeded,
        Map<Outcome, Long> updates) {
    /** How a look at a source can end. */
    public enum Outcome {
        /** There is another list. */
        CHANGED,
        /** The list is as it was. */
        UNCHANGED,
        /** The answer lacks servers, which are kept until another answer says so too. */
        HELD,
        /** There was no answer, or none that can be used: the last good list is kept. */
        FAILED;

        /** As it stands in metrics and in the admin API. */
        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
