package dev.weir.http;

/** The four forms of a request target (RFC 9112 section 3.2). */
public enum TargetForm {
    /** A path that starts with a slash, and perhaps a query. */
    ORIGIN,
    /** A whole http or https URI. */
    ABSOLUTE,
    /** Host and port: only CONNECT. */
    AUTHORITY,
    /** A star: only OPTIONS. */
    ASTERISK
}
