package dev.weir.observe;

import dev.weir.config.AccessLogConfig;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** How a request becomes a line. Each event loop has its own, since it keeps the text of recent seconds. */
sealed interface LineFormat permits JsonLine, CombinedLine {
    /** An upper bound of the bytes that {@link #append} adds. */
    int bound(AccessRecord exchange);

    /** Adds one line, its end included. */
    void append(LogBatch batch, AccessRecord exchange);

    /** The format that is configured; {@code zone} is for the one that shows local time. */
    static LineFormat of(AccessLogConfig.Format format, ZoneId zone) {
        return switch (format) {
            case JSON -> new JsonLine(new SecondText("uuuu-MM-dd'T'HH:mm:ss.", ZoneOffset.UTC));
            case COMBINED -> new CombinedLine(new SecondText("dd/MMM/uuuu:HH:mm:ss Z", zone));
        };
    }
}
