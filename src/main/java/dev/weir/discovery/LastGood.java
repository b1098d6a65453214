package dev.weir.discovery;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * What is believed of a set that is asked for again and again. It grows at once; it becomes smaller only when two answers
 * in a row are the same smaller set, and never by an answer that is empty or incomplete. So an answer that was cut short,
 * or that names some servers now and others then, takes none away. For one thread.
 *
 * @param <T> what the set is of; each has a key, and what else there is to it may change at any time
 */
public final class LastGood<T> {
    private final Function<T, Object> key;
    private List<T> current = List.of();
    private Set<Object> smaller = Set.of();

    /** A set of which nothing is known yet. */
    public LastGood(Function<T, Object> key) {
        this.key = key;
    }

    /** What is believed now, in an order that stays. */
    public List<T> current() {
        return current;
    }

    /**
     * Takes an answer and returns whether it was held: whether it lacks something that is believed still.
     *
     * @param complete whether what is missing from the answer is known to be missing
     */
    public boolean accept(List<T> answer, boolean complete) {
        Map<Object, T> found = new LinkedHashMap<>();
        answer.forEach(each -> found.putIfAbsent(key.apply(each), each));
        Set<Object> keys = new HashSet<>(found.keySet());
        boolean lacking = current.stream().anyMatch(each -> !keys.contains(key.apply(each)));
        boolean agreed = complete && !keys.isEmpty() && keys.equals(smaller);
        List<T> next = new ArrayList<>();
        for (T each : current) {
            T fresh = found.remove(key.apply(each));
            if (fresh != null) {
                next.add(fresh);
            } else if (!agreed) {
                next.add(each);
            }
        }
        next.addAll(found.values());
        current = List.copyOf(next);
        boolean held = lacking && !agreed;
        if (complete) {
            smaller = held ? keys : Set.of();
        }
        return held;
    }
}
