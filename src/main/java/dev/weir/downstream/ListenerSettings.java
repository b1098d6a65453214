package dev.weir.downstream;

import dev.weir.config.Cidr;
import dev.weir.config.ListenerConfig;
import dev.weir.config.ListenerConfig.Forwarding;
import dev.weir.http.HeadLimits;
import java.util.List;

/**
 * What a listener's configuration says, in the units of the data path. Immutable.
 *
 * @param bufferBytes how much of a response may wait here for a slow client before the server is held back
 */
record ListenerSettings(
        String name,
        List<Cidr> trustedProxies,
        Forwarding forwarding,
        long requestHeadNanos,
        long bodyIdleNanos,
        long keepAliveNanos,
        long tunnelIdleNanos,
        long halfClosedNanos,
        HeadLimits headLimits,
        long bodyBytes,
        int pipelineBytes,
        int bufferBytes) {
    static ListenerSettings of(ListenerConfig config) {
        ListenerConfig.Timeouts timeouts = config.timeouts();
        ListenerConfig.Limits limits = config.limits();
        return new ListenerSettings(
                config.bind().toString(),
                config.trustedProxies(),
                config.forwarding(),
                timeouts.requestHead().toNanos(),
                timeouts.bodyIdle().toNanos(),
                timeouts.keepAlive().toNanos(),
                timeouts.tunnelIdle().toNanos(),
                timeouts.halfClosed().toNanos(),
                new HeadLimits(limits.requestLineBytes(), limits.headerBytes(), limits.headers()),
                limits.bodyBytes(),
                limits.pipelineBytes(),
                limits.bufferBytes());
    }

    boolean trusts(byte[] address) {
        for (Cidr range : trustedProxies) {
            if (range.contains(address)) {
                return true;
            }
        }
        return false;
    }
}
