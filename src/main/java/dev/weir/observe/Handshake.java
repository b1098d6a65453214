package dev.weir.observe;

import java.util.Locale;

/** How a TLS handshake with a client ended: a closed list, the {@code result} of the metric. */
public enum Handshake {
    /** A new session. */
    FULL,
    /** The session of an earlier connection went on. */
    RESUMED,
    /** The connection is passed on to a pool as it is. */
    PASSED_ON,
    /** An authority looked at what proves a name, before it certifies it (ACME). */
    CHALLENGE,
    /** The listener has no certificate yet. */
    NO_CERTIFICATE,
    /** The client spoke something else on this port, most often HTTP in the clear. */
    NOT_TLS,
    /** No version of TLS, cipher suite or key type that both sides have. */
    NOTHING_IN_COMMON,
    /** The client's certificate was required and is missing, or it did not verify. */
    CLIENT_CERTIFICATE,
    /** The client sent an alert, most often because it does not trust the certificate. */
    REFUSED_BY_CLIENT,
    /** The client went away. */
    CLIENT_GONE,
    TIMEOUT,
    /** What the client sent breaks the rules of TLS. */
    MALFORMED;

    /** The value of the metric's label. */
    public String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
