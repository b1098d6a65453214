package dev.weir.discovery;

import static java.util.Objects.requireNonNull;

import dev.weir.config.Address;
import dev.weir.config.PoolConfig.ServerConfig;
import dev.weir.discovery.SourceReport.Outcome;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a source has found and how it went: passes on lists that have changed, counts, and says each failure once in the
 * log. The source's thread tells it of outcomes; any thread may ask for the report.
 */
final class SourceState {
    private static final Logger LOG = LoggerFactory.getLogger(SourceState.class);
    private static final int MOST_NAMED = 5;

    private final String pool;
    private final String source;
    private final InstantSource clock;
    private final Map<Outcome, Long> updates = new EnumMap<>(Outcome.class);
    private @Nullable Consumer<List<ServerConfig>> listener;
    private @Nullable List<ServerConfig> servers;
    private @Nullable Outcome outcome;
    private String message = "";
    private String noted = "";
    private @Nullable Instant looked;
    private @Nullable Instant succeeded;

    SourceState(String pool, String source, InstantSource clock) {
        this.pool = pool;
        this.source = source;
        this.clock = clock;
        for (Outcome each : Outcome.values()) {
            updates.put(each, 0L);
        }
    }

    synchronized void start(Consumer<List<ServerConfig>> lists) {
        listener = lists;
    }

    /** There is this list now, the same as before or another one. */
    void found(List<ServerConfig> found) {
        found(found, false);
    }

    /**
     * The same.
     *
     * @param held whether the answer lacked servers that are in the list still
     */
    void found(List<ServerConfig> found, boolean held) {
        Consumer<List<ServerConfig>> told;
        synchronized (this) {
            boolean changed = !found.equals(servers);
            ended(changed ? Outcome.CHANGED : held ? Outcome.HELD : Outcome.UNCHANGED, "");
            succeeded = looked;
            if (!changed) {
                return;
            }
            logChange(servers == null ? List.of() : servers, found);
            servers = List.copyOf(found);
            told = listener;
        }
        if (told != null) {
            tell(told, found);
        }
    }

    private void tell(Consumer<List<ServerConfig>> told, List<ServerConfig> found) {
        try {
            told.accept(found);
        } catch (RuntimeException defect) {
            LOG.error("pool {}: {}: the list could not be taken over", pool, source, defect);
        }
    }

    /** There is no list to be had now; the last one stays in use. */
    synchronized void failed(String sentence) {
        boolean news = outcome != Outcome.FAILED || !message.equals(sentence);
        ended(Outcome.FAILED, sentence);
        if (news) {
            String stays = servers == null
                    ? "there are no servers of it yet"
                    : "its last list (" + count(servers.size()) + ") stays in use";
            LOG.warn("pool {}: {}: {}; {}", pool, source, sentence, stays);
        }
    }

    /** A part of the last answer cannot be used, as a sentence says; empty when all can. */
    synchronized void note(String sentence) {
        if (!sentence.isEmpty() && !sentence.equals(noted)) {
            LOG.warn("pool {}: {}: {}; the rest of the answer is in use", pool, source, sentence);
        }
        noted = sentence;
        message = sentence;
    }

    private void ended(Outcome how, String why) {
        if (outcome == Outcome.FAILED && how != Outcome.FAILED) {
            LOG.warn("pool {}: {}: answers again", pool, source);
        }
        outcome = how;
        message = why;
        looked = clock.instant();
        updates.merge(how, 1L, Long::sum);
    }

    /** Nothing more is told, but for what is being told at this moment. */
    synchronized void close() {
        listener = null;
    }

    /** Whether there has been an outcome, good or bad. */
    synchronized boolean hasLooked() {
        return outcome != null;
    }

    /** The list in use; empty before the first. */
    synchronized List<ServerConfig> servers() {
        return servers == null ? List.of() : servers;
    }

    synchronized boolean has(Address address) {
        return servers != null
                && servers.stream().anyMatch(each -> each.address().equals(address));
    }

    synchronized SourceReport report() {
        Map<Outcome, Long> counts = Collections.unmodifiableMap(new EnumMap<>(requireNonNull(updates)));
        int size = servers == null ? 0 : servers.size();
        return new SourceReport(pool, source, size, outcome, message, looked, succeeded, counts);
    }

    private void logChange(List<ServerConfig> before, List<ServerConfig> now) {
        if (LOG.isInfoEnabled()) {
            String more = named(now, before);
            String fewer = named(before, now);
            LOG.info("pool {}: {}: {} now; new: {}; gone: {}", pool, source, count(now.size()), more, fewer);
        }
    }

    /** Those of one list whose addresses are not in the other, or how many they are. */
    private static String named(List<ServerConfig> of, List<ServerConfig> without) {
        Set<Address> known = new HashSet<>();
        without.forEach(each -> known.add(each.address()));
        List<String> rest = new ArrayList<>();
        for (ServerConfig each : of) {
            if (!known.contains(each.address())) {
                rest.add(each.address().toString());
            }
        }
        if (rest.size() > MOST_NAMED) {
            return String.valueOf(rest.size());
        }
        return rest.isEmpty() ? "none" : String.join(", ", rest);
    }

    private static String count(int servers) {
        return servers + (servers == 1 ? " server" : " servers");
    }
}
