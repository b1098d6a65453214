package dev.weir.upstream;

import dev.weir.config.PoolConfig;
import dev.weir.http.HeadLimits;

/**
 * What a pool's configuration says about connections, in the units of the data path. One instance for each pool and
 * snapshot.
 *
 * @param idleConnections kept for each loop and server
 * @param bufferBytes how much of a message may wait here for a slow reader before the writer is held back
 */
public record UpstreamSettings(
        long connectNanos,
        long firstByteNanos,
        long bodyIdleNanos,
        long tunnelIdleNanos,
        int idleConnections,
        long idleNanos,
        int bufferBytes,
        HeadLimits headLimits) {
    /** A status line is bounded like one field. */
    private static final int STATUS_LINE_BYTES = 8192;

    public static UpstreamSettings of(PoolConfig pool) {
        PoolConfig.Limits limits = pool.limits();
        return new UpstreamSettings(
                pool.timeouts().connect().toNanos(),
                pool.timeouts().firstByte().toNanos(),
                pool.timeouts().bodyIdle().toNanos(),
                pool.timeouts().tunnelIdle().toNanos(),
                pool.connections().idle(),
                pool.connections().idleTimeout().toNanos(),
                limits.bufferBytes(),
                new HeadLimits(
                        Math.min(STATUS_LINE_BYTES, limits.headerBytes()), limits.headerBytes(), limits.headers()));
    }
}
