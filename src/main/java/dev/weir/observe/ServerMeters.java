package dev.weir.observe;

/**
 * What one event loop counts about one server. The loop writes, a scrape reads. Whoever uses the server on this loop
 * gets the object once from {@link LoopMeters#server} and keeps it.
 */
public final class ServerMeters {
    /** Connections opened to the server, since the start. */
    public final Counter connectionsOpened = new Counter();

    /** Connections to the server that are open now, idle ones included. */
    public final Counter connectionsOpen = new Counter();

    /** Open connections that wait for a request. */
    public final Counter connectionsIdle = new Counter();

    /** Attempts to connect that failed or took too long. */
    public final Counter connectFailures = new Counter();

    /** Times that a request was given to this server, first attempts and retries. */
    public final Counter attempts = new Counter();

    /** Those attempts that followed a failed one. */
    public final Counter retries = new Counter();

    /** Bytes written to the server, heads included. */
    public final Counter bytesSent = new Counter();

    /** Bytes read from the server, heads included. */
    public final Counter bytesReceived = new Counter();

    /** Requests given to the server of which no final response has begun, without those that are still to come in part. */
    public final Counter awaiting = new Counter();

    /** Final responses that began. */
    public final Counter responses = new Counter();

    /**
     * From choosing the server to the first byte of its final response, connecting included; of requests that were whole
     * when they were sent.
     */
    public final Histogram firstByte = new Histogram();

    /** How long connecting took, for connections that were opened. */
    public final Histogram connect = new Histogram();

    final Histogram durations = new Histogram();
    final StatusCounters requests = new StatusCounters();

    ServerMeters() {}

    /**
     * Counts a request that this server answered, or that failed with it last. Loop only.
     *
     * @param status the status code sent to the client, 0 when none was
     * @param durationNanos from the request's first byte to the answer's last, in nanoseconds
     */
    public void request(int status, long durationNanos) {
        requests.count(status);
        durations.record(durationNanos);
    }
}
