package dev.weir.config;

/** What stands before the first byte of a connection to a server: nothing, or the client's address. */
public enum ProxyProtocolVersion {
    OFF,
    /** As a line of text. */
    V1,
    /** In binary. */
    V2
}
