package dev.weir.discovery;

import dev.weir.config.Address;
import dev.weir.config.PoolConfig.ServerConfig;
import java.util.List;
import java.util.function.Consumer;

/**
 * Where servers of one pool come from. A source works on a thread of its own and may block there. Through failures of
 * whatever it asks it keeps the last good list by itself: it tells of a failure, never of a list that is empty for want
 * of an answer.
 */
interface ServerSource extends AutoCloseable {
    /**
     * Begins. Called once.
     *
     * @param servers is given the whole list each time it has changed, and the first one; called on the source's thread, must not block
     */
    void start(Consumer<List<ServerConfig>> servers);

    /**
     * A server that may be of this source cannot be reached: its list may be out of date and is looked at again at once,
     * as often as the source bears. Must not block.
     */
    void doubt(Address server);

    /** How it stands. Any thread. */
    SourceReport report();

    /** Ends it. Returns at once; a list that it is just telling of may arrive after that. */
    @Override
    void close();
}
