package dev.weir.fleet;

import dev.weir.control.Overlay;
import dev.weir.control.OverlayJson;
import dev.weir.control.StateStore;
import dev.weir.etcd.EtcdClient;
import dev.weir.etcd.EtcdFailure;
import dev.weir.etcd.KeyValue;
import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Keeps what the admin API changes in etcd, for all instances; a state's revision is that of its key. */
final class FleetStore implements StateStore {
    private static final JsonMapper JSON = JsonMapper.shared();

    private final EtcdClient client;
    private final String key;
    private final Saved first;
    private volatile Consumer<Saved> watcher = _ -> {};
    private boolean loaded;

    /** @param first what was read at the start, from etcd or from the local copy */
    FleetStore(EtcdClient client, String key, Saved first) {
        this.client = client;
        this.key = key;
        this.first = first;
    }

    /** The first time what the start has read, afterwards what etcd has. */
    @Override
    public Saved load() throws IOException {
        if (!loaded) {
            loaded = true;
            return first;
        }
        List<KeyValue> found = interruptibly(() -> client.get(key).keys());
        return found.isEmpty() ? new Saved(Overlay.NONE, 0) : read(found.getFirst());
    }

    static Saved read(KeyValue key) throws IOException {
        try {
            return new Saved(OverlayJson.read(JSON.readTree(key.value())), key.revision());
        } catch (JacksonException damaged) {
            throw new IOException("what stands at " + key.key() + " is no state of Weir", damaged);
        }
    }

    @Override
    public OptionalLong save(Overlay overlay, long expected) throws IOException {
        String value = JSON.writeValueAsString(OverlayJson.write(overlay));
        long revision;
        try {
            revision = interruptibly(() -> client.putIf(key, expected, value));
        } catch (EtcdFailure failure) {
            throw failure.unanswered() ? new OutcomeUnknown(failure) : failure;
        }
        return revision == 0 ? OptionalLong.empty() : OptionalLong.of(revision);
    }

    @Override
    public void watch(Consumer<Saved> changed) {
        watcher = changed;
    }

    /** Another state is there now, by whomever. */
    void changed(KeyValue now) throws IOException {
        watcher.accept(read(now));
    }

    /** Something that etcd is asked. */
    @FunctionalInterface
    private interface Question<T> {
        T ask() throws IOException, InterruptedException;
    }

    private static <T> T interruptibly(Question<T> question) throws IOException {
        try {
            return question.ask();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException("it was interrupted", interrupted);
        }
    }

    @Override
    public boolean isDurable() {
        return true;
    }

    @Override
    public void close() {
        watcher = _ -> {};
    }
}
