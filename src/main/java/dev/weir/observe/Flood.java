package dev.weir.observe;

/** What an HTTP/2 client can send too much of, each with a bound in the listener's configuration: a closed list. */
public enum Flood {
    /** Streams that the client opens and takes back (rapid reset, CVE-2023-44487). */
    RESETS("resets"),
    /** Streams that the client makes Weir reset by breaking a rule (made-you-reset, CVE-2025-8671). */
    STREAM_ERRORS("stream-errors"),
    /** Header blocks in very many pieces (CVE-2024-27316). */
    CONTINUATIONS("continuation-frames"),
    /** Header blocks that are too long before they are unpacked. */
    HEADER_BLOCK("header-block"),
    /** Frames that carry nothing: pings and settings, which are answered, priorities, unknown ones (CVE-2019-9512, -9513, -9515). */
    CONTROL_FRAMES("control-frames"),
    /** Answers to control frames that the client does not read (CVE-2019-9517). */
    QUEUED_CONTROL_FRAMES("queued-control-frames"),
    /** Frames of no content that do not end their stream either (CVE-2019-9518). */
    EMPTY_FRAMES("empty-frames"),
    /** Windows that are opened by very little at a time (CVE-2019-9511). */
    WINDOW_UPDATES("window-updates");

    private final String id;

    Flood(String id) {
        this.id = id;
    }

    /** The stable name in configuration and metrics. */
    public String id() {
        return id;
    }
}
