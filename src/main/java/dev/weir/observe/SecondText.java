package dev.weir.observe;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Locale;

/** A second as text. Keeps a few, since requests of several seconds end side by side. Confined to one event loop. */
final class SecondText {
    private static final int KEPT = 16;

    private final DateTimeFormatter format;
    private final long[] seconds = new long[KEPT];
    private final byte[][] texts = new byte[KEPT][];

    SecondText(String pattern, ZoneId zone) {
        format = DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).withZone(zone);
        // Formats once at the start, so that no request waits for the formatter's classes.
        Arrays.fill(texts, LogBatch.ascii(format.format(Instant.EPOCH)));
    }

    /** The text of the second that {@code millis}, since 1970, is in; not to be changed. */
    byte[] of(long millis) {
        long second = Math.floorDiv(millis, 1000L);
        int slot = (int) (second & (KEPT - 1));
        if (seconds[slot] != second) {
            texts[slot] = LogBatch.ascii(format.format(Instant.ofEpochSecond(second)));
            seconds[slot] = second;
        }
        return texts[slot];
    }
}
