package dev.weir.downstream;

import dev.weir.config.Cidr;
import dev.weir.config.HttpVersion;
import dev.weir.config.ListenerConfig;
import dev.weir.config.ListenerConfig.Forwarding;
import dev.weir.config.ListenerHttp2;
import dev.weir.http.HeadLimits;
import dev.weir.proxy.ClientInfo;
import dev.weir.proxy.ListenerInfo;
import dev.weir.tls.ServerTls;
import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a listener's configuration says, in the units of the data path. Immutable.
 *
 * @param encrypted whether connections speak TLS, whoever ends it
 * @param tls null where TLS is not ended here
 * @param hsts the line of a response that tells of it; empty for none
 * @param bufferBytes how much of a response may wait here for a slow client before the server is held back
 */
record ListenerSettings(
        ListenerInfo info,
        boolean encrypted,
        @Nullable ServerTls tls,
        PassedNames passed,
        List<HttpVersion> http,
        ListenerHttp2 http2,
        boolean proxyProtocol,
        String hsts,
        List<Cidr> trustedProxies,
        long handshakeNanos,
        long requestHeadNanos,
        long bodyIdleNanos,
        long keepAliveNanos,
        long tunnelIdleNanos,
        long halfClosedNanos,
        long lingerNanos,
        HeadLimits headLimits,
        long bodyBytes,
        int pipelineBytes,
        int bufferBytes) {
    static ListenerSettings of(ListenerConfig config, @Nullable ServerTls tls) {
        ListenerConfig.Timeouts timeouts = config.timeouts();
        ListenerConfig.Limits limits = config.limits();
        boolean encrypted = config.tls() != null;
        String scheme = encrypted ? "https" : "http";
        return new ListenerSettings(
                new ListenerInfo(config.bind().toString(), scheme, config.forwarding(), config.redirectToHttps()),
                encrypted,
                tls,
                new PassedNames(config.tls() == null ? List.of() : config.tls().passthrough()),
                config.http(),
                config.http2(),
                config.proxyProtocol(),
                hsts(config.hsts()),
                config.trustedProxies(),
                timeouts.handshake().toNanos(),
                timeouts.requestHead().toNanos(),
                timeouts.bodyIdle().toNanos(),
                timeouts.keepAlive().toNanos(),
                timeouts.tunnelIdle().toNanos(),
                timeouts.halfClosed().toNanos(),
                timeouts.linger().toNanos(),
                new HeadLimits(limits.requestLineBytes(), limits.headerBytes(), limits.headers()),
                limits.bodyBytes(),
                limits.pipelineBytes(),
                limits.bufferBytes());
    }

    private static String hsts(ListenerConfig.@Nullable Hsts hsts) {
        return hsts == null
                ? ""
                : "Strict-Transport-Security: max-age=" + hsts.maxAge().toSeconds()
                        + (hsts.includeSubdomains() ? "; includeSubDomains" : "")
                        + (hsts.preload() ? "; preload" : "") + "\r\n";
    }

    /** The address that is listened on, as configured. */
    String name() {
        return info.name();
    }

    Forwarding forwarding() {
        return info.forwarding();
    }

    /** Whether connections speak HTTP/1 in the clear from their first byte on, and nothing else. */
    boolean plain() {
        return !encrypted && !proxyProtocol && !speaks(HttpVersion.H2);
    }

    boolean speaks(HttpVersion version) {
        return http.contains(version);
    }

    /** What a client speaks over TLS that says nothing about it. */
    HttpVersion withoutAlpn() {
        return speaks(HttpVersion.HTTP_1_1) ? HttpVersion.HTTP_1_1 : HttpVersion.H2;
    }

    /**
     * What an HTTP/2 client is told.
     *
     * @param listBytes of a header block as it is kept
     */
    Http2Settings announced(int listBytes) {
        Http2Settings settings = new Http2Settings()
                .maxConcurrentStreams(http2.maxConcurrentStreams())
                .initialWindowSize(http2.streamWindow())
                .maxHeaderListSize(listBytes)
                .connectProtocolEnabled(true);
        settings.headerTableSize(http2.headerTable());
        return settings;
    }

    /** The client at the other end of a connection. */
    ClientInfo client(Channel channel) {
        ClientInfo client = channel.remoteAddress() instanceof InetSocketAddress peer
                ? client(peer.getAddress().getAddress())
                : new ClientInfo(info, "", false, null);
        return client.between(channel.remoteAddress(), channel.localAddress());
    }

    /** The client with this address, 4 or 16 bytes. */
    ClientInfo client(byte[] address) {
        return new ClientInfo(info, NetUtil.bytesToIpAddress(address), trusts(address), null);
    }

    /**
     * Whether the peer of a connection may say for whom it has connected: a trusted proxy, or whoever is let to a socket
     * file.
     */
    boolean speaksForClients(Channel channel) {
        return !(channel.remoteAddress() instanceof InetSocketAddress peer) || trusts(peer.getAddress());
    }

    private boolean trusts(InetAddress address) {
        return trusts(address.getAddress());
    }

    private boolean trusts(byte[] address) {
        for (Cidr range : trustedProxies) {
            if (range.contains(address)) {
                return true;
            }
        }
        return false;
    }
}
