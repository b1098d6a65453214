package dev.weir.pool;

/** Hears of each failure of a server in the moment in which it is seen. */
@FunctionalInterface
public interface FailureListener {
    /** Hears nothing. */
    FailureListener NONE = (server, failure) -> {};

    /** Called on the event loop that saw it; must not block. */
    void failed(Server server, Failure failure);
}
