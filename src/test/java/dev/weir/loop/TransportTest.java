package dev.weir.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class TransportTest {
    /** As nginx and HAProxy do: a firewall for IPv4 may be all there is. */
    @Test
    void everyAddressOfIpv4_isListenedAt_withoutThoseOfIpv6() throws Exception {
        for (Transport transport : new Transport[] {Transport.best(), Transport.nio()}) {
            if (transport.name().equals("kqueue")) {
                continue; // which cannot tell them apart
            }
            try (MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, transport.io())) {
                EventLoop loop = group.next();
                Channel channel = transport.server("0.0.0.0");
                channel.pipeline().addLast(new ChannelInboundHandlerAdapter());
                loop.register(channel).sync();
                channel.bind(new InetSocketAddress("0.0.0.0", 0)).sync();
                InetSocketAddress bound = (InetSocketAddress) channel.localAddress();
                assertThat(bound.getAddress()).as(transport.name()).isInstanceOf(Inet4Address.class);
                channel.close().sync();
                group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
            }
        }
    }
}
