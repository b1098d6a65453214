package dev.weir.observe;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;

/** What one event loop counts about further attempts in one pool. The loop writes, a scrape reads. */
public final class RetryMeters {
    /** Requests that could have been tried again but for the budget. */
    public final Counter budgetEmpty = new Counter();

    /** Second attempts beside a slow first one. */
    public final Counter hedges = new Counter();

    /** Those that were answered first. */
    public final Counter hedgesWon = new Counter();

    // With one writer the map's locks are never waited for; its readers take none.
    private final Map<String, Counter> byReason = new ConcurrentHashMap<>();

    RetryMeters() {}

    /** Counts one further attempt, made for this reason: one of a closed list. Loop only. */
    public void retried(String reason) {
        byReason.computeIfAbsent(reason, key -> new Counter()).increment();
    }

    void forEachReason(BiConsumer<String, Long> reader) {
        byReason.forEach((reason, count) -> reader.accept(reason, count.get()));
    }
}
