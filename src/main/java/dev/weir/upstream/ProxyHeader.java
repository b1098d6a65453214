package dev.weir.upstream;

import dev.weir.config.ProxyProtocolVersion;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageEncoder;
import io.netty.handler.codec.haproxy.HAProxyProtocolVersion;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol;
import io.netty.util.NetUtil;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The first bytes of a connection to a server that speaks the PROXY protocol: who the client is, or that there is none. */
final class ProxyHeader {
    private static final byte[] UNKNOWN = "PROXY UNKNOWN\r\n".getBytes(StandardCharsets.US_ASCII);

    private ProxyHeader() {}

    /** Writes it to a channel on which nothing was written yet. A client of unknown address is said to be that. */
    static void write(ProxyProtocolVersion version, ClientEndpoints client, Channel to) {
        HAProxyMessage message = message(version, client);
        if (message == null) {
            to.write(Unpooled.wrappedBuffer(UNKNOWN), to.voidPromise());
            return;
        }
        to.pipeline().addFirst(HAProxyMessageEncoder.INSTANCE);
        to.write(message);
        to.pipeline().remove(HAProxyMessageEncoder.INSTANCE);
    }

    /** Null for an unknown client in version 1. */
    private static @Nullable HAProxyMessage message(ProxyProtocolVersion version, ClientEndpoints client) {
        HAProxyProtocolVersion spoken =
                version == ProxyProtocolVersion.V1 ? HAProxyProtocolVersion.V1 : HAProxyProtocolVersion.V2;
        if (client.source() instanceof InetSocketAddress from
                && client.destination() instanceof InetSocketAddress to
                && isIPv4(from) == isIPv4(to)) {
            return new HAProxyMessage(
                    spoken,
                    HAProxyCommand.PROXY,
                    isIPv4(from) ? HAProxyProxiedProtocol.TCP4 : HAProxyProxiedProtocol.TCP6,
                    text(from.getAddress()),
                    text(to.getAddress()),
                    from.getPort(),
                    to.getPort());
        }
        return spoken == HAProxyProtocolVersion.V1
                ? null
                : new HAProxyMessage(
                        spoken,
                        client == ClientEndpoints.OWN ? HAProxyCommand.LOCAL : HAProxyCommand.PROXY,
                        HAProxyProxiedProtocol.UNKNOWN,
                        null,
                        null,
                        0,
                        0);
    }

    private static boolean isIPv4(InetSocketAddress address) {
        return address.getAddress() instanceof Inet4Address;
    }

    /** Without the zone of a link-local address, which means something on this machine only. */
    private static String text(InetAddress address) {
        return NetUtil.bytesToIpAddress(address.getAddress());
    }
}
