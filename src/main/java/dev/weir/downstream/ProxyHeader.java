package dev.weir.downstream;

import dev.weir.proxy.ClientInfo;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;

/** The header of the PROXY protocol, versions 1 and 2, by which a proxy tells for whom it has connected. */
final class ProxyHeader {
    /** What a header may carry beyond addresses, in bytes; it is not read. */
    private static final int EXTENSION_BYTES = 4096;

    private ProxyHeader() {}

    /** Passes one {@link HAProxyMessage} on, then what lies behind the header, and leaves the pipeline. */
    static HAProxyMessageDecoder decoder() {
        HAProxyMessageDecoder decoder = new HAProxyMessageDecoder(EXTENSION_BYTES);
        // An incomplete header is a few bytes; without this it would keep the loop's whole read buffer.
        decoder.setCumulator((alloc, before, in) -> {
            ByteBuf all = alloc.buffer(before.readableBytes() + in.readableBytes());
            all.writeBytes(before).writeBytes(in);
            before.release();
            in.release();
            return all;
        });
        return decoder;
    }

    /** Who the client is: the proxy itself where it speaks for itself or names no address. */
    static ClientInfo client(HAProxyMessage header, ClientInfo proxy, ListenerSettings settings) {
        String source = header.sourceAddress();
        if (header.command() == HAProxyCommand.LOCAL || source == null) {
            return proxy;
        }
        byte[] address = NetUtil.createByteArrayFromIpAddressString(source);
        // Unix domain sockets have paths, which say nothing about a client.
        return address == null
                ? proxy
                : settings.client(address)
                        .between(
                                endpoint(source, header.sourcePort()),
                                endpoint(header.destinationAddress(), header.destinationPort()));
    }

    private static InetSocketAddress endpoint(String address, int port) {
        return new InetSocketAddress(NetUtil.createInetAddressFromIpAddressString(address), port);
    }
}
