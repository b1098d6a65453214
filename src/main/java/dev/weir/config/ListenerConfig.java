package dev.weir.config;

import java.time.Duration;
import java.util.List;

/** One address that clients connect to. Sizes are in bytes. */
public record ListenerConfig(
        Address bind, List<Cidr> trustedProxies, Forwarding forwarding, Timeouts timeouts, Limits limits) {
    /** What is told to the server about the client. */
    public record Forwarding(boolean xForwarded, boolean forwarded, boolean via) {}

    /** How long a client may take. */
    public record Timeouts(
            Duration requestHead, Duration bodyIdle, Duration keepAlive, Duration tunnelIdle, Duration halfClosed) {}

    /** How much a client may send or hold. */
    public record Limits(
            int requestLineBytes, int headerBytes, int headers, long bodyBytes, int pipelineBytes, int connections) {}
}
