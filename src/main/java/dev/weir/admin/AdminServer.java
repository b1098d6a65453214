package dev.weir.admin;

import dev.weir.config.Address;
import dev.weir.config.WeirConfig.AdminConfig;
import dev.weir.loop.GivenSocket;
import dev.weir.loop.Transport;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The admin port: HTTP/1.1 apart from the data plane, on one event loop of its own. Each request is answered on a virtual
 * thread; connections, heads, contents and times are bounded. What there is to ask is the handler's business.
 */
public final class AdminServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AdminServer.class);
    private static final int MOST_CONNECTIONS = 64;
    private static final int RETIRE_SECONDS = 10;
    private static final int LEAVING_SECONDS = 5;
    private static final int LONGEST_LINE = 8192;
    private static final int LONGEST_HEAD = 16_384;

    private final AdminSocket socket;
    private final EventLoopGroup group;
    private final ExecutorService requests;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final AdminHandler handler;
    /** Written by the control plane, read by the port's loop once for each request. */
    private volatile Gate gate;

    private volatile AdminConfig config;
    /** Written by the control plane; connections end with their next answer. */
    private volatile boolean retiring;

    private AdminServer(AdminConfig config, AdminSocket socket, EventLoopGroup group, Gate gate, AdminHandler handler) {
        this.config = config;
        this.socket = socket;
        this.group = group;
        this.gate = gate;
        this.handler = handler;
        this.requests = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("weir-admin-", 0).factory());
    }

    /**
     * Opens the admin port.
     *
     * @throws IOException when it may not or cannot be bound; the message is one sentence for a person
     */
    public static AdminServer start(AdminConfig config, Transport transport, AdminView view) throws IOException {
        return start(config, transport, view, null);
    }

    /**
     * Opens the admin port, or takes over a listening socket of its address that another process has opened.
     *
     * @param given null for none
     * @throws IOException as above
     */
    public static AdminServer start(
            AdminConfig config, Transport transport, AdminView view, @Nullable GivenSocket given) throws IOException {
        AdminSocket socket = AdminSocket.of(config, transport);
        Gate gate = gate(config, socket);
        EventLoopGroup group =
                new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("weir-admin"), transport.io());
        AdminServer server = new AdminServer(config, socket, group, gate, new AdminApi(view));
        try {
            if (given == null) {
                socket.bind(group.next(), server.new Acceptor());
            } else {
                socket.adopt(given, group.next(), server.new Acceptor());
            }
        } catch (IOException failure) {
            server.close();
            throw failure;
        }
        return server;
    }

    private static Gate gate(AdminConfig config, AdminSocket socket) throws IOException {
        Token token = Token.of(config, System::getenv);
        if (socket.isForOthers() && token == null) {
            throw new IOException("The admin port cannot be bound to " + config.bind()
                    + " without a token, since others can reach it: add 'token-file' or 'token-env' to 'admin', or bind it "
                    + "to a loopback address such as " + AdminSocket.example(config.bind()) + ".");
        }
        return new Gate(token, new Trusted(socket.isLoopback()));
    }

    public AdminConfig config() {
        return config;
    }

    /**
     * Makes ready for another configuration of the same address.
     *
     * @return has it hold
     * @throws IOException as at the start; then nothing has changed
     */
    public Runnable change(AdminConfig wanted) throws IOException {
        Gate next = gate(wanted, socket);
        return () -> {
            config = wanted;
            gate = next;
            socket.mode(wanted.mode());
        };
    }

    /** Where it listens, with the port that was really taken. */
    public Address boundTo() {
        return socket.boundTo();
    }

    /** The port that was really taken; -1 for a unix domain socket. */
    public int port() {
        return socket.boundTo() instanceof Address.Inet inet ? inet.port() : -1;
    }

    /** The descriptor of the listening socket, to be handed to another process; -1 where there is none to hand over. */
    public int descriptor() {
        return socket.descriptor();
    }

    /** Closes the port; running requests are cut off. */
    @Override
    public void close() {
        close(true);
    }

    /**
     * Stops listening, since another process has taken the port over: the file of a unix socket stays. Requests under way
     * are answered, then all ends.
     *
     * @return the thread that waits for that
     */
    public Thread leave() {
        socket.close(false);
        requests.shutdown();
        return Thread.ofVirtual().name("weir-admin-end").start(() -> {
            try {
                if (!requests.awaitTermination(LEAVING_SECONDS, TimeUnit.SECONDS)) {
                    log.warn("A request to the admin port is cut off, since another process has taken the port over");
                }
            } catch (InterruptedException hurried) {
                Thread.currentThread().interrupt();
            }
            end();
        });
    }

    /**
     * Closes the port; requests under way get their answers first, for a while. Returns at once: it may be one of them that
     * wants it.
     */
    public void retire() {
        retiring = true;
        socket.close(true);
        Thread.ofVirtual().name("weir-admin-end").start(() -> {
            connections.forEach(each -> each.pipeline().fireUserEventTriggered(AdminConnection.RETIRE));
            connections.newCloseFuture().awaitUninterruptibly(RETIRE_SECONDS, TimeUnit.SECONDS);
            close();
        });
    }

    private void close(boolean last) {
        socket.close(last);
        end();
    }

    private void end() {
        requests.shutdownNow();
        connections.close().awaitUninterruptibly();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private AdminConnection.Admission admission() {
        return new AdminConnection.Admission(gate, retiring);
    }

    /** Takes connections in, as many as there may be. Confined to the loop. */
    private final class Acceptor extends ChannelInboundHandlerAdapter {
        private int open;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            Channel child = (Channel) message;
            if (open >= MOST_CONNECTIONS) {
                child.unsafe().closeForcibly();
                return;
            }
            open++;
            child.closeFuture().addListener(_ -> open--);
            HttpDecoderConfig limits = new HttpDecoderConfig()
                    .setMaxInitialLineLength(LONGEST_LINE)
                    .setMaxHeaderSize(LONGEST_HEAD);
            child.pipeline()
                    .addLast(
                            new HttpServerCodec(limits),
                            new FlowControlHandler(),
                            new AdminConnection(AdminServer.this::admission, handler, requests));
            connections.add(child);
            ctx.channel().eventLoop().register(child).addListener(registered -> {
                if (!registered.isSuccess()) {
                    child.unsafe().closeForcibly();
                }
            });
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
            log.warn("The admin port cannot accept a connection: {}", failure.getMessage());
        }
    }
}
