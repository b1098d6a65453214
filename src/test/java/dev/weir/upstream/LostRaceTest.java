package dev.weir.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the kernel's state proves, with real sockets in every order in which a server's end and a request can meet. */
class LostRaceTest {
    private static final String REQUEST = "POST / HTTP/1.1\r\n\r\n";

    private final LostRace race = new LostRace();
    private final CompletableFuture<Boolean> proven = new CompletableFuture<>();
    private EventLoopGroup group;
    private ServerSocket listening;
    private Socket server;
    private Channel channel;

    @BeforeAll
    static void onLinuxOnly() {
        assumeTrue(Epoll.isAvailable(), "the proof is read off Linux's kernel");
    }

    @BeforeEach
    void connect() throws Exception {
        group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        channel = new Bootstrap()
                .group(group)
                .channel(EpollSocketChannel.class)
                .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .option(ChannelOption.AUTO_CLOSE, false)
                .handler(new Watcher())
                .connect(listening.getLocalSocketAddress())
                .sync()
                .channel();
        server = listening.accept();
        // An earlier request, so that the connection is a used one.
        channel.eventLoop().submit(() -> send(REQUEST)).sync();
        receive(REQUEST.length());
    }

    @AfterEach
    void close() throws IOException {
        channel.close().awaitUninterruptibly();
        server.close();
        listening.close();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private final class Watcher extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ReferenceCountUtil.release(message);
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event == ChannelInputShutdownEvent.INSTANCE) {
                proven.complete(race.provenBy(ctx.channel()));
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
            if (failure instanceof IOException broken) {
                race.failed(broken);
            } else {
                proven.completeExceptionally(failure);
            }
        }
    }

    /** What server and client do, in the order of the statements: the loop hears of none of it before all is done. */
    private interface Story {
        void happens() throws IOException;
    }

    private boolean provenAfter(Story story) throws Exception {
        channel.eventLoop()
                .submit(() -> {
                    race.requestBegins();
                    story.happens();
                    return true;
                })
                .get(10, TimeUnit.SECONDS);
        return proven.get(10, TimeUnit.SECONDS);
    }

    private void send(String text) {
        race.sent(text.length());
        race.flushed();
        channel.writeAndFlush(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII), channel.voidPromise());
    }

    private void receive(int length) throws IOException {
        server.getInputStream().readNBytes(length);
    }

    @Test
    void serverClosed_thenRequest_proven() throws Exception {
        assertThat(provenAfter(() -> {
                    server.close();
                    send(REQUEST);
                }))
                .isTrue();
    }

    @Test
    void serverClosed_thenRequestInTwoWrites_proven() throws Exception {
        assertThat(provenAfter(() -> {
                    server.close();
                    send(REQUEST);
                    send("body");
                }))
                .isTrue();
        assertThat(race.reset()).isFalse();
    }

    @Test
    void serverClosed_nothingFlushed_proven() throws Exception {
        assertThat(provenAfter(server::close)).isTrue();
    }

    @Test
    void requestRead_thenServerClosed_notProven() throws Exception {
        assertThat(provenAfter(() -> {
                    send(REQUEST);
                    receive(REQUEST.length());
                    server.close();
                }))
                .isFalse();
    }

    @Test
    void requestUnread_serverCloses_notProven() throws Exception {
        assertThat(provenAfter(() -> {
                    send(REQUEST);
                    server.close();
                }))
                .isFalse();
    }

    @Test
    void requestUnread_serverResets_notProven() throws Exception {
        assertThat(provenAfter(() -> {
                    send(REQUEST);
                    server.setSoLinger(true, 0);
                    server.close();
                }))
                .isFalse();
        assertThat(race.reset()).isTrue();
    }

    @Test
    void requestRead_serverEndsItsSideAndResets_notProven() throws Exception {
        assertThat(provenAfter(() -> {
                    send(REQUEST);
                    receive(4);
                    server.shutdownOutput();
                    server.setSoLinger(true, 0);
                    server.close();
                }))
                .isFalse();
    }

    @Test
    void serverEndedItsSide_thenReadsTheRequest_notProven() throws Exception {
        assertThat(provenAfter(() -> {
                    server.shutdownOutput();
                    send(REQUEST);
                    receive(REQUEST.length());
                    // Its kernel may hold the acknowledgement back for some time; more input makes it acknowledge.
                    for (int i = 0; i < 3; i++) {
                        send("more");
                        receive(4);
                    }
                }))
                .isFalse();
    }
}
