package dev.weir.control;

import java.io.IOException;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * Where changes made by the admin API are kept. Each state has a revision, and a save names the one that it follows: of two
 * that change the same state only one succeeds. Blocks; used by one thread at a time, but for {@link #watch}.
 */
public interface StateStore extends AutoCloseable {
    /** A state and its revision. */
    record Saved(Overlay overlay, long revision) {}

    /** Nobody knows whether a state was saved, or will be yet; the message is a clause for the user. */
    final class OutcomeUnknown extends IOException {
        private static final long serialVersionUID = 1;

        /** Because of this, whose message it has. */
        public OutcomeUnknown(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    /**
     * The last state; {@link Overlay#NONE} when there was none yet.
     *
     * @throws IOException when there is one that cannot be read; the message is a sentence for the user
     */
    Saved load() throws IOException;

    /**
     * Saves a state, durably, in place of the one with the expected revision.
     *
     * @return the new revision; empty when the last state is another by now
     * @throws OutcomeUnknown when it may have been saved
     * @throws IOException when it was not; the message is a clause for the user
     */
    OptionalLong save(Overlay overlay, long expected) throws IOException;

    /** Tells of each state that others save from now on, on a thread of the store's own; some may be left out. */
    void watch(Consumer<Saved> changed);

    /** Whether states outlive the process. */
    boolean isDurable();

    @Override
    void close();
}
