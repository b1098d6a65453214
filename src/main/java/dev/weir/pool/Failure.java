package dev.weir.pool;

/** How a server can fail a request, as far as it tells of the server's health. */
public enum Failure {
    /** Nobody listens: the server is known to be down. */
    REFUSED,
    /** No connection for another reason: unreachable, too slow, TLS that fails. */
    UNREACHABLE,
    /** A connection ended before the response was complete, or what came was no response. */
    LOST,
    /** A response, or a part of one, did not come in time. */
    TIMEOUT,
    /** A response with a status of 500 or above that blames the server. */
    STATUS
}
