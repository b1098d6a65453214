package dev.weir.upstream;

import dev.weir.config.HttpVersion;
import dev.weir.config.PoolConfig;
import dev.weir.config.PoolHttp2;
import dev.weir.config.ProxyProtocolVersion;
import dev.weir.http.HeadLimits;
import dev.weir.tls.ClientTls;
import io.netty.handler.codec.http2.Http2Settings;
import org.jspecify.annotations.Nullable;

/**
 * What a pool's configuration says about connections, in the units of the data path. One instance for each pool and
 * snapshot.
 *
 * @param idleConnections kept for each loop and server
 * @param http1 whether servers may be spoken to in HTTP/1.1
 * @param http2 whether servers may be spoken to in HTTP/2
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
        HeadLimits headLimits,
        boolean http1,
        boolean http2,
        PoolHttp2 http2Limits,
        ProxyProtocolVersion proxyProtocol,
        @Nullable ClientTls tls) {
    /** A status line is bounded like one field. */
    private static final int STATUS_LINE_BYTES = 8192;

    /** Whether connections are made in the same way: what one is used for, another can be. */
    boolean connectsAs(UpstreamSettings other) {
        return tls == other.tls
                && http1 == other.http1
                && http2 == other.http2
                && proxyProtocol == other.proxyProtocol
                && http2Limits.equals(other.http2Limits);
    }

    /** Whether TLS is spoken. */
    boolean encrypted() {
        return tls != null;
    }

    /**
     * For one request on a connection of its own, which is not kept and ends by {@code nanos} whatever happens.
     *
     * @param http2Only whether HTTP/1.1 will not do
     */
    public UpstreamSettings once(long nanos, boolean http2Only) {
        return new UpstreamSettings(
                Math.min(connectNanos, nanos),
                nanos,
                nanos,
                nanos,
                0,
                idleNanos,
                bufferBytes,
                headLimits,
                http1 && !http2Only,
                http2,
                http2Limits,
                proxyProtocol,
                tls);
    }

    /**
     * What an HTTP/2 server is told.
     *
     * @param listBytes of a header block as it is kept
     */
    Http2Settings announced(int listBytes) {
        return new Http2Settings()
                .pushEnabled(false)
                .initialWindowSize(http2Limits.streamWindow())
                .maxHeaderListSize(listBytes);
    }

    int maxConcurrentStreams() {
        return http2Limits.maxConcurrentStreams();
    }

    /** {@code tls}: null for clear text. */
    public static UpstreamSettings of(PoolConfig pool, @Nullable ClientTls tls) {
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
                        Math.min(STATUS_LINE_BYTES, limits.headerBytes()), limits.headerBytes(), limits.headers()),
                pool.http().contains(HttpVersion.HTTP_1_1),
                pool.http().contains(HttpVersion.H2),
                pool.http2(),
                pool.proxyProtocol(),
                tls);
    }
}
