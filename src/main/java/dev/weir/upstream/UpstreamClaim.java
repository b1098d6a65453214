package dev.weir.upstream;

/**
 * What a request has at a server from the moment that the server was chosen: an {@link UpstreamStream}, or a wait for
 * one that ends with {@link UpstreamListener#onConnected} or {@link UpstreamListener#onFailure}. Confined to its loop.
 */
public interface UpstreamClaim {
    /** Ends the exchange at this server at once; the listener hears nothing more. */
    void cancel();
}
