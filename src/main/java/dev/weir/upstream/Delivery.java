package dev.weir.upstream;

/** What can be said about a request whose connection failed. */
public enum Delivery {
    /** Provably, no byte of it reached the server's program: it may be sent again whatever its method. */
    NONE,
    /** The server may have seen it: only an idempotent request may be sent again. */
    POSSIBLE
}
