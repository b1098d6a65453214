package dev.weir.etcd;

import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows all keys below a prefix: reads them, watches from the revision of that read, and begins again whenever the
 * watch ends. A watch that says nothing is compared with another read now and then, since a connection may be dead
 * without either side's knowing. While etcd does not answer nothing is told but that. An etcd that has begun anew without its
 * data counts as one that does not answer, for a while: who has keys there puts them again.
 */
public final class EtcdMirror implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EtcdMirror.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);
    /** How long a change may be under way from a store that has it to this mirror. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private final EtcdClient client;
    private final String prefix;
    private final Duration audit;
    private final Duration doubt;
    private final Listener listener;
    private final Random random = new Random();
    private final SortedMap<String, KeyValue> keys = new TreeMap<>();
    private final Thread thread = Thread.ofVirtual().name("weir-etcd").unstarted(this::run);
    private int failures;
    /** The store's own number at the last read that was believed. */
    private long revision;
    /** Since when reads have not been believed, by the nano time; null while they are. */
    private @Nullable Long doubtedSince;

    /** Hears of what there is. Called on the mirror's thread; may block. */
    public interface Listener {
        /**
         * This is there now: told after each read and after each change.
         *
         * @param keys all of them, in their order; not to be kept
         */
        void present(SortedMap<String, KeyValue> keys);

        /** It cannot be said what is there; a clause says why. Told at each attempt that fails. */
        void failed(String why);
    }

    /**
     * A mirror that has not begun.
     *
     * @param audit how long a watch may be silent before it is compared
     * @param doubt how long reads must say that all keys are gone, or that etcd has an earlier state than before, to be believed
     */
    public EtcdMirror(EtcdClient client, String prefix, Duration audit, Duration doubt, Listener listener) {
        this.client = client;
        this.prefix = prefix;
        this.audit = audit;
        this.doubt = doubt;
        this.listener = listener;
    }

    public void start() {
        thread.start();
    }

    private void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                try {
                    follow();
                } catch (IOException failure) {
                    listener.failed(String.valueOf(failure.getMessage()));
                    TimeUnit.NANOSECONDS.sleep(pause().toNanos());
                } catch (RuntimeException defect) {
                    LOG.error("etcd: following {} failed unexpectedly", prefix, defect);
                    TimeUnit.NANOSECONDS.sleep(LONGEST_PAUSE.toNanos());
                }
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    /** Doubles with each failure, give or take a fifth. */
    private Duration pause() {
        Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(failures++, 10));
        Duration bounded = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
        return Duration.ofNanos((long) (bounded.toNanos() * (0.8 + 0.4 * random.nextDouble())));
    }

    /** Returns when all is to be read anew. */
    private void follow() throws IOException, InterruptedException {
        EtcdClient.Range range = client.prefix(prefix);
        doubt(range);
        take(range.keys());
        try (EtcdWatch watch = client.watch(prefix, range.revision() + 1)) {
            failures = 0;
            while (true) {
                EtcdWatch.Batch batch = watch.next(audit);
                if (batch == null) {
                    audit(watch);
                } else if (batch.compacted()) {
                    return;
                } else {
                    apply(batch);
                }
            }
        }
    }

    private void doubt(EtcdClient.Range range) throws EtcdFailure {
        boolean lost = range.revision() < revision || (range.keys().isEmpty() && !keys.isEmpty());
        long now = System.nanoTime();
        if (!lost) {
            doubtedSince = null;
        } else if (doubtedSince == null) {
            doubtedSince = now;
        }
        if (doubtedSince != null && now - doubtedSince < doubt.toNanos()) {
            String how = range.keys().isEmpty() ? "has no keys any more" : "has gone back to an earlier state";
            throw new EtcdFailure(EtcdFailure.Kind.UNREACHABLE, "etcd " + how + "; in a while that is believed");
        }
        doubtedSince = null;
        revision = range.revision();
    }

    private void take(List<KeyValue> found) {
        keys.clear();
        found.forEach(each -> keys.put(each.key(), each));
        listener.present(Collections.unmodifiableSortedMap(keys));
    }

    private void apply(EtcdWatch.Batch batch) throws EtcdFailure {
        if (!batch.end().isEmpty()) {
            throw new EtcdFailure(EtcdFailure.Kind.UNREACHABLE, batch.end());
        }
        for (EtcdWatch.Event event : batch.events()) {
            if (event.deleted()) {
                keys.remove(event.key().key());
            } else {
                keys.put(event.key().key(), event.key());
            }
        }
        listener.present(Collections.unmodifiableSortedMap(keys));
    }

    /** Whether the watch has told of all that is there; a change that is under way gets a little time. */
    private void audit(EtcdWatch watch) throws IOException, InterruptedException {
        List<KeyValue> found = client.prefix(prefix).keys();
        if (found.equals(List.copyOf(keys.values()))) {
            listener.present(Collections.unmodifiableSortedMap(keys));
            return;
        }
        EtcdWatch.Batch batch = watch.next(GRACE);
        if (batch == null) {
            LOG.warn("etcd: a watch of {} was silent while keys changed; it is begun anew", prefix);
            throw new EtcdFailure(EtcdFailure.Kind.UNREACHABLE, "the watch was silent while keys changed");
        }
        if (!batch.compacted()) {
            apply(batch);
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
