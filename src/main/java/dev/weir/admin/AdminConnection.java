package dev.weir.admin;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to the admin port: gathers a request, has it answered on a thread of its own and reads on when the answer
 * is written. Confined to the admin port's loop, but for the answering.
 */
final class AdminConnection extends SimpleChannelInboundHandler<HttpObject> {
    private static final Logger log = LoggerFactory.getLogger(AdminConnection.class);
    private static final int IDLE_SECONDS = 30;
    private static final int REQUEST_SECONDS = 20;
    private static final int RESPONSE_SECONDS = 30;
    private static final byte[] CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n".getBytes(US_ASCII);
    private static final byte[] NONE = new byte[0];

    private enum State {
        AWAITING_HEAD,
        AWAITING_CONTENT,
        ANSWERING,
        CLOSING
    }

    /**
     * By what a request is let in.
     *
     * @param last the connection ends with its answer
     */
    record Admission(Gate gate, boolean last) {}

    /** The event that tells a connection that waits for a request to end. */
    static final String RETIRE = "retire";

    private final Supplier<Admission> admissions;
    private final AdminHandler handler;
    private final Executor threads;
    private State state = State.AWAITING_HEAD;
    private String method = "";
    private String target = "";
    private Map<String, String> fields = Map.of();
    private boolean keepAlive;
    private int longest;
    private ByteArrayOutputStream content = new ByteArrayOutputStream(0);
    private @Nullable ScheduledFuture<?> deadline;

    AdminConnection(Supplier<Admission> admissions, AdminHandler handler, Executor threads) {
        this.admissions = admissions;
        this.handler = handler;
        this.threads = threads;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        closeIn(ctx, REQUEST_SECONDS);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        state = State.CLOSING;
        if (deadline != null) {
            deadline.cancel(false);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (RETIRE.equals(event) && state == State.AWAITING_HEAD) {
            ctx.close();
        }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, HttpObject part) {
        if (state == State.CLOSING) {
            return;
        }
        if (part.decoderResult().isFailure()) {
            malformed(ctx, part.decoderResult().cause());
            return;
        }
        if (part instanceof HttpRequest head) {
            head(ctx, head);
        }
        if (part instanceof HttpContent more && state == State.AWAITING_CONTENT) {
            content(ctx, more.content());
            if (part instanceof LastHttpContent && state == State.AWAITING_CONTENT) {
                whole(ctx);
            }
        }
    }

    private void malformed(ChannelHandlerContext ctx, Throwable cause) {
        keepAlive = false;
        boolean large = cause instanceof TooLongHttpHeaderException || cause instanceof TooLongHttpLineException;
        write(
                ctx,
                large
                        ? AdminResponse.problem(431, "The request's head is too large.")
                        : AdminResponse.problem(400, "This is no HTTP/1.1 request."));
    }

    private void head(ChannelHandlerContext ctx, HttpRequest head) {
        closeIn(ctx, REQUEST_SECONDS);
        method = head.method().name();
        target = head.uri();
        Gate gate = admissions.get().gate();
        keepAlive = HttpUtil.isKeepAlive(head);
        fields = fields(head);
        AdminRequest request = AdminRequest.of(method, target, fields, NONE);
        AdminResponse refusal = request == null ? unreadable() : gate.refusal(request);
        longest = request == null ? 0 : gate.longestContent(request);
        if (refusal == null && HttpUtil.getContentLength(head, 0L) > longest) {
            refusal = tooLong();
        }
        state = State.AWAITING_CONTENT;
        content = new ByteArrayOutputStream(0);
        if (refusal != null) {
            keepAlive = false; // its content stays unread
            write(ctx, refusal);
        } else if (HttpUtil.is100ContinueExpected(head)) {
            ctx.pipeline().firstContext().writeAndFlush(Unpooled.wrappedBuffer(CONTINUE));
        }
    }

    /** Of a field that is there more than once, the first counts. */
    private static Map<String, String> fields(HttpRequest head) {
        Map<String, String> fields = new HashMap<>();
        head.headers().forEach(each -> fields.putIfAbsent(each.getKey().toLowerCase(Locale.ROOT), each.getValue()));
        return fields;
    }

    private static AdminResponse unreadable() {
        return AdminResponse.problem(400, "The path cannot be read: its percent-encoding is broken.");
    }

    private AdminResponse tooLong() {
        return AdminResponse.problem(413, "The content is longer than " + longest + " bytes.");
    }

    private void content(ChannelHandlerContext ctx, ByteBuf part) {
        if (content.size() + part.readableBytes() > longest) {
            keepAlive = false;
            write(ctx, tooLong());
            return;
        }
        try {
            part.readBytes(content, part.readableBytes());
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private void whole(ChannelHandlerContext ctx) {
        state = State.ANSWERING;
        ctx.channel().config().setAutoRead(false);
        if (deadline != null) {
            deadline.cancel(false); // how long an answer may take is its handler's to know
        }
        AdminRequest request = AdminRequest.of(method, target, fields, content.toByteArray());
        if (request == null) {
            throw new IllegalStateException("its head was read");
        }
        try {
            threads.execute(() -> answer(ctx, request));
        } catch (RejectedExecutionException stopping) {
            ctx.close();
        }
    }

    private void answer(ChannelHandlerContext ctx, AdminRequest request) {
        AdminResponse response = answered(request);
        try {
            ctx.executor().execute(() -> write(ctx, response));
        } catch (RejectedExecutionException closed) {
            log.debug("nobody waits for an answer any more", closed);
        }
    }

    private AdminResponse answered(AdminRequest request) {
        try {
            return handler.answer(request);
        } catch (RuntimeException defect) {
            log.error("A request to the admin port failed: {} {}", request.method(), request.path(), defect);
            return AdminResponse.problem(500, "Weir failed to answer; its log says why. Please report this.");
        }
    }

    private void write(ChannelHandlerContext ctx, AdminResponse response) {
        if (state == State.CLOSING) {
            return;
        }
        boolean close = !keepAlive || admissions.get().last();
        closeIn(ctx, RESPONSE_SECONDS);
        state = close ? State.CLOSING : State.AWAITING_HEAD;
        ctx.writeAndFlush(message(response, close)).addListener(written -> {
            if (close || !written.isSuccess()) {
                end(ctx);
            } else {
                closeIn(ctx, IDLE_SECONDS);
                ctx.channel().config().setAutoRead(true);
            }
        });
    }

    /** What the client still sends is not met by a reset, which could take the answer from it. */
    private void end(ChannelHandlerContext ctx) {
        closeIn(ctx, 2);
        if (ctx.channel() instanceof DuplexChannel duplex) {
            ctx.channel().config().setAutoRead(true);
            duplex.shutdownOutput().addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
        } else {
            ctx.close();
        }
    }

    private FullHttpResponse message(AdminResponse response, boolean close) {
        FullHttpResponse message = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(response.status()),
                Unpooled.wrappedBuffer(response.content()));
        message.headers().set("Cache-Control", "no-store");
        response.fields().forEach((name, value) -> message.headers().set(name, value));
        if (response.status() != 204) {
            message.headers().set("Content-Length", response.content().length);
        }
        if (close) {
            message.headers().set("Connection", "close");
        }
        return message;
    }

    private void closeIn(ChannelHandlerContext ctx, int seconds) {
        if (deadline != null) {
            deadline.cancel(false);
        }
        deadline = ctx.executor().schedule(() -> ctx.close(), seconds, TimeUnit.SECONDS);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
        if (!(failure instanceof IOException)) {
            log.warn("A connection to the admin port failed", failure);
        }
        ctx.close();
    }
}
