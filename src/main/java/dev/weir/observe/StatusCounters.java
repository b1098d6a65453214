package dev.weir.observe;

import java.util.List;

/** Requests by the class of the status code that the client got. One loop counts, any thread reads. */
final class StatusCounters {
    /** The classes in the order of their cells; {@code none} is for requests that got no answer. */
    static final List<String> CLASSES = List.of("none", "1xx", "2xx", "3xx", "4xx", "5xx");

    private final Counter[] cells = new Counter[CLASSES.size()];

    StatusCounters() {
        for (int i = 0; i < cells.length; i++) {
            cells[i] = new Counter();
        }
    }

    /** Counts one request; a status above 599 counts as 5xx, as RFC 9110 section 15 treats it. */
    void count(int status) {
        cells[Math.min(status / 100, cells.length - 1)].increment();
    }

    /** Adds the cells to {@code sums}, which has an element for each class. */
    void addTo(long[] sums) {
        for (int i = 0; i < cells.length; i++) {
            sums[i] += cells[i].get();
        }
    }
}
