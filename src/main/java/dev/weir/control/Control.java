package dev.weir.control;

import dev.weir.config.PoolConfig.ServerConfig;
import dev.weir.config.WeirConfig;
import dev.weir.control.StateStore.Saved;
import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one way to change what holds: keeps the file's configuration, what the admin API changed and the servers that were
 * discovered, and has the running Weir apply what follows from them, one change after the other. Any thread of the control
 * plane; blocks.
 */
public final class Control implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Control.class);
    private static final int ATTEMPTS = 10;

    /** What runs by the configuration. */
    @FunctionalInterface
    public interface Target {
        /**
         * Changes to this configuration.
         *
         * @throws IOException with a sentence for the user; then nothing has changed
         */
        void apply(WeirConfig effective) throws IOException;
    }

    private final StateStore store;
    /** Held while something changes; what holds is read without it. */
    private final ReentrantLock changing = new ReentrantLock();

    private volatile State state;
    private volatile WeirConfig started;
    // Under the lock.
    private Target target = _ -> {};
    /** Another process reads the changes made so far, and perhaps takes over. */
    private boolean frozen;

    private Control(StateStore store, State state) {
        this.store = store;
        this.state = state;
        this.started = state.config();
    }

    /**
     * Lays what was changed before over the file's configuration. Nothing runs by it yet: see {@link #attach}.
     *
     * @param version which configuration it is, for people and other instances
     * @throws IOException when the changes cannot be read; the message is a sentence for the user
     */
    public static Control open(WeirConfig base, String version, StateStore store) throws IOException {
        Control control = new Control(store, State.of(base, version, store.load()));
        control.tellIdle();
        store.watch(control::changedElsewhere);
        return control;
    }

    /** A configuration by itself, whose changes end with the process. */
    public static Control of(WeirConfig config) {
        MemoryStore memory = new MemoryStore();
        return new Control(memory, State.of(config, "", memory.load()));
    }

    /**
     * From now on this runs by what holds.
     *
     * @param by the configuration that it was started with
     */
    public void attach(Target running, WeirConfig by) throws IOException {
        changing.lock();
        try {
            target = running;
            started = by;
            if (!by.equals(state.config())) {
                target.apply(state.config());
            }
        } finally {
            changing.unlock();
        }
    }

    /**
     * Goes on with changes that the API made in the process before.
     *
     * @throws IOException with a sentence for the user; then nothing has changed
     */
    public void adopt(Overlay changes) throws IOException {
        try {
            edit(_ -> changes);
        } catch (Refused impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** What holds now. */
    public State state() {
        return state;
    }

    /** What is wanted and will be so only when Weir is started anew. */
    public List<Difference.Entry> awaitingRestart() {
        return Difference.of(started, state.config(), Difference.Load.UNKNOWN).stream()
                .filter(Difference.Entry::needsRestart)
                .toList();
    }

    /** Whether changes outlive the process. */
    public boolean isDurable() {
        return store.isDurable();
    }

    /**
     * The file says this from now on.
     *
     * @throws IOException with a sentence for the user; then nothing has changed
     */
    public void base(WeirConfig config, String version) throws IOException {
        changing.lock();
        try {
            become(state.with(config, version));
            tellIdle();
        } finally {
            changing.unlock();
        }
    }

    /** A source has found these servers of a pool: all that it knows, each time. */
    public void discovered(String pool, String source, List<ServerConfig> servers) {
        changing.lock();
        try {
            become(state.with(pool, source, servers));
        } catch (IOException failure) {
            LOG.warn("pool {}: what {} found cannot be applied: {}", pool, source, failure.getMessage());
        } finally {
            changing.unlock();
        }
    }

    /** A source is no more: what it found goes. */
    public void forget(String pool, String source) {
        changing.lock();
        try {
            become(state.without(pool, source));
        } catch (IOException failure) {
            LOG.warn("pool {}: what {} found cannot be given up: {}", pool, source, failure.getMessage());
        } finally {
            changing.unlock();
        }
    }

    /**
     * Makes a change by the admin API: it is kept first, then applied.
     *
     * @return what holds then
     * @throws Refused when it cannot be made
     * @throws IOException when it can neither be kept nor applied; the message is a clause for the user, nothing has changed
     */
    public State edit(Edit edit) throws Refused, IOException {
        changing.lock();
        try {
            if (frozen) {
                throw new Refused(Refused.Why.CONFLICT, "An upgrade is under way; try again when it has ended.");
            }
            for (int i = 0; i < ATTEMPTS; i++) {
                State former = state;
                Overlay wanted = edit.on(former);
                if (wanted.equals(former.overlay())) {
                    return former;
                }
                OptionalLong revision = store.save(wanted, former.revision());
                if (revision.isPresent()) {
                    apply(former, new Saved(wanted, revision.getAsLong()));
                    return state;
                }
                become(former.with(store.load())); // somebody else changed something: decide anew
            }
        } finally {
            changing.unlock();
        }
        throw new IOException("others change the configuration all the time; try again");
    }

    /** Whether changes are refused for now, so that none is lost between two processes. */
    public void freeze(boolean on) {
        changing.lock();
        try {
            frozen = on;
        } finally {
            changing.unlock();
        }
    }

    private void apply(State former, Saved kept) throws IOException {
        try {
            become(former.with(kept));
        } catch (IOException refused) {
            store.save(former.overlay(), kept.revision())
                    .ifPresent(revision -> state = former.with(new Saved(former.overlay(), revision)));
            throw refused;
        }
    }

    private void become(State next) throws IOException {
        if (!next.config().equals(state.config())) {
            target.apply(next.config());
        }
        state = next;
    }

    /** Looks whether others have changed something, for instance the process that this one took over from. */
    public void refresh() {
        try {
            changedElsewhere(store.load());
        } catch (IOException unreadable) {
            LOG.warn("changes made by another instance cannot be read: {}", unreadable.getMessage());
        }
    }

    private void changedElsewhere(Saved saved) {
        changing.lock();
        try {
            if (saved.revision() > state.revision()) {
                become(state.with(saved));
            }
        } catch (IOException failure) {
            LOG.warn("a change made by another instance cannot be applied: {}", failure.getMessage());
        } finally {
            changing.unlock();
        }
    }

    private void tellIdle() {
        state.effective()
                .idle()
                .forEach(idle ->
                        LOG.warn("a change by the admin API is kept but idle: {}: {}", idle.change(), idle.why()));
    }

    @Override
    public void close() {
        store.close();
    }
}
