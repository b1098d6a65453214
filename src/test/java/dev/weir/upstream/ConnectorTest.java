package dev.weir.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.Address;
import dev.weir.config.PoolConfig;
import dev.weir.http.BodyFraming;
import dev.weir.http.Headers;
import dev.weir.http.ResponseHead;
import dev.weir.loop.Loop;
import dev.weir.loop.Transport;
import dev.weir.observe.Cause;
import dev.weir.observe.Meters;
import dev.weir.pool.Server;
import dev.weir.pool.ServerRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFactory;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Connecting that fails before the call that began it has returned: whoever called hears of it only afterwards. */
class ConnectorTest {
    private static final Transport NIO = Transport.nio();
    private static final SocketAddress REFUSING = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NIO.io());

    @AfterEach
    void stop() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private Cause causeOf(ChannelFactory<? extends Channel> client, SocketAddress... endpoints) throws Exception {
        Transport transport = new Transport("nio", NIO.io(), NIO.server(), NIO.unixServer(), client, client);
        Loop loop = new Loop(0, group.next(), transport, 1024);
        Upstreams upstreams = new Upstreams(loop, new Meters(1).loop(0));
        Server server = new ServerRegistry().acquire("web", new Address.Inet("127.0.0.1", 1));
        server.endpoints(endpoints);
        UpstreamSettings settings = UpstreamSettings.of(PoolConfig.of(List.of()), null);
        AtomicBoolean returned = new AtomicBoolean();
        Outcome outcome = new Outcome(returned);
        loop.executor()
                .submit(() -> {
                    upstreams.of(server, settings).acquire(outcome, true, loop.now());
                    returned.set(true);
                })
                .sync();
        return outcome.cause.get(10, TimeUnit.SECONDS);
    }

    @Test
    void noDescriptorLeft_connectFailed() throws Exception {
        ChannelFactory<Channel> exhausted = () -> {
            throw new ChannelException("Too many open files");
        };
        assertThat(causeOf(exhausted, REFUSING)).isEqualTo(Cause.CONNECT_FAILED);
    }

    @Test
    void noAddress_dnsError() throws Exception {
        assertThat(causeOf(NIO.client())).isEqualTo(Cause.DNS_ERROR);
    }

    @Test
    void refusedEverywhere_connectRefused() throws Exception {
        assertThat(causeOf(NIO.client(), REFUSING, REFUSING)).isEqualTo(Cause.CONNECT_REFUSED);
    }

    private record Outcome(AtomicBoolean returned, CompletableFuture<Cause> cause) implements UpstreamListener {
        Outcome(AtomicBoolean returned) {
            this(returned, new CompletableFuture<>());
        }

        @Override
        public boolean replayable() {
            return true;
        }

        @Override
        public void onFailure(Cause failure, Delivery delivery, String detail) {
            if (returned.get() && delivery == Delivery.NONE) {
                cause.complete(failure);
            } else {
                cause.completeExceptionally(new AssertionError("told too early, or as if it might be delivered"));
            }
        }

        @Override
        public void onConnected(UpstreamStream stream) {
            cause.completeExceptionally(new AssertionError("connected"));
        }

        @Override
        public void onInterim(ResponseHead head) {
            throw new AssertionError();
        }

        @Override
        public void onHead(ResponseHead head, BodyFraming framing) {
            throw new AssertionError();
        }

        @Override
        public void onTunnel(ResponseHead head, UpstreamStream tunnel) {
            throw new AssertionError();
        }

        @Override
        public void onData(ByteBuf in, int length) {
            throw new AssertionError();
        }

        @Override
        public void onReadComplete() {
            throw new AssertionError();
        }

        @Override
        public void onEnd(Headers trailers) {
            throw new AssertionError();
        }

        @Override
        public void onWritable() {
            throw new AssertionError();
        }
    }
}
