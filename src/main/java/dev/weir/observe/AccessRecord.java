package dev.weir.observe;

import org.jspecify.annotations.Nullable;

/**
 * What the access log says about one request. The exchange implements it and hands itself over once, on its loop;
 * everything here is read during that call only. What came from the client is given as spans of the request's head,
 * from {@code start} inclusive to {@code end} exclusive, equal when the part is absent.
 */
public interface AccessRecord {
    /** When the request began, in milliseconds since 1970 (UTC). */
    long startMillis();

    /** From the request's first byte to the answer's last, in nanoseconds. */
    long durationNanos();

    /** How long connecting to the server took, in nanoseconds; -1 when no connection was made. */
    long connectNanos();

    /** From the start to the first byte of the server's answer, in nanoseconds; -1 when none came. */
    long firstByteNanos();

    /** The status code sent to the client, 0 when none was. */
    int status();

    /** Bytes of the request's content that were read. */
    long requestBodyBytes();

    /** Bytes of the answer's content that were sent. */
    long responseBodyBytes();

    /** The client's address as text, without its port; empty when it has none. */
    String client();

    /** The subject of the certificate that the client has shown; empty without one. */
    String clientSubject();

    /** The SHA-256 of that certificate in hexadecimal digits; empty without one. */
    String clientFingerprint();

    /** The listener that accepted the connection, as it is bound. */
    String listener();

    /** The pool's name, empty when no route matched. */
    String pool();

    /** The server that the answer came from or that failed last, empty when none was chosen. */
    String server();

    /** How many servers were tried. */
    int attempts();

    /** What the last further attempt was made for; empty when there was only one. */
    String retriedFor();

    /** Whether the last attempt used a connection that was open already. */
    boolean reusedConnection();

    /** Why Weir answered itself or ended the exchange; null when it did not. */
    @Nullable Cause cause();

    /** The bytes that the spans are in. */
    byte[] head();

    /** Start of the method. */
    int methodStart();

    /** End of the method. */
    int methodEnd();

    /** Start of the request target as it was sent. */
    int targetStart();

    /** End of the request target. */
    int targetEnd();

    /** The {@code 1} of {@code HTTP/1.1}; -1 when the request line could not be read. */
    int minorVersion();

    /** Whether the request came in HTTP/2, whatever else it says. */
    boolean http2();

    /** Start of the value of {@code Host}. */
    int hostStart();

    /** End of the value of {@code Host}. */
    int hostEnd();

    /** Start of the value of {@code Referer}. */
    int refererStart();

    /** End of the value of {@code Referer}. */
    int refererEnd();

    /** Start of the value of {@code User-Agent}. */
    int userAgentStart();

    /** End of the value of {@code User-Agent}. */
    int userAgentEnd();
}
