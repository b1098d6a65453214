package dev.weir.downstream;

import dev.weir.loop.Deadline;
import dev.weir.loop.Outgoing;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;

/**
 * The end of a connection whose last answer is written: it closes once the client has been sent all of it. What the
 * client still sends is read and dropped for a while, since closing a socket with unread input resets the connection and
 * destroys the answer on its way. Confined to its loop.
 */
final class Lingering extends ChannelInboundHandlerAdapter implements Downstream {
    private final Accepted connection;
    private final Outgoing out;
    private final Deadline deadline = new Deadline(this::close);
    /** Whether nothing is to be expected of the client any more. */
    private boolean inputOver;
    /** A cut would look like the orderly end of the answer. */
    private final boolean endsWithConnection;

    private boolean closed;

    /**
     * @param inputOver whether all that the client had to say was read
     * @param endsWithConnection whether the answer's content ends only where the connection does
     */
    Lingering(Accepted connection, Outgoing out, boolean inputOver, boolean endsWithConnection) {
        this.connection = connection;
        this.out = out;
        this.inputOver = inputOver;
        this.endsWithConnection = endsWithConnection;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        connection.arm(deadline, connection.settings().bodyIdleNanos());
        out.whenSent(this::answered);
    }

    private void answered(boolean all) {
        if (inputOver || !all) {
            close();
        } else if (!closed) {
            connection.arm(deadline, connection.settings().lingerNanos());
            out.end();
            connection.channel().config().setAutoRead(true);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ReferenceCountUtil.release(message);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            inputOver = true;
            if (out.delivered()) {
                close();
            }
        } else if (event instanceof SslCloseCompletionEvent && out.delivered()) {
            // BoringSSL ends reading too when it ends the sending while records wait to be read. The client goes on
            // sending, and would be reset.
            ctx.pipeline().remove(SslHandler.class);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        close();
    }

    /** Whatever it is: the failed write, or the end of the input that follows, says so where it matters. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {}

    @Override
    public Accepted accepted() {
        return connection;
    }

    @Override
    public void drain() {}

    @Override
    public void cut() {
        close();
    }

    private void close() {
        if (closed) {
            return;
        }
        closed = true;
        connection.remove(deadline);
        connection.closed(this);
        out.discard();
        if (endsWithConnection && !out.delivered()) {
            out.reset();
        } else {
            connection.channel().close();
        }
    }
}
