package dev.weir.loop;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelOutboundInvoker;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What goes to one channel between two flushes: heads, framing and small pieces are gathered in one buffer, so that a
 * small message is one system call on one piece of memory; large pieces are passed on as the buffers they came in.
 * Confined to the channel's event loop.
 */
public final class Outgoing {
    /** Up to this many bytes copying is cheaper than another buffer in the gathering write. */
    private static final int COPIED = 4096;

    /** The rest of what a peer did not take at once is copied up to so many bytes, to hold no memory beside it. */
    private static final int COPIED_REST = ReadBuffers.LESS;

    /** Hears that all was handed to the system, or could not be. */
    @FunctionalInterface
    public interface Sent {
        void sent(boolean all);
    }

    private final Loop loop;
    private final Channel channel;
    private final ChannelOutboundInvoker to;
    /** Null on a connection in the clear. */
    private final @Nullable SslHandler tls;
    /** The socket below all else; null where that is no socket of Netty's own. */
    private final @Nullable Socket lowest;

    /** Where bytes may go past the channel's own queue while that is empty; null where there is no such way. */
    private final @Nullable Socket socket;

    private @Nullable ByteBuf gathered;
    private @Nullable IOException failure;
    private long pendingBefore;
    private boolean delivered;

    /** A connection that will speak TLS has its handler for that already. */
    public Outgoing(Loop loop, Channel channel) {
        this(loop, channel, channel);
    }

    /** {@code to}: where in the channel's pipeline the bytes go in. */
    public Outgoing(Loop loop, Channel channel, ChannelOutboundInvoker to) {
        this.loop = loop;
        this.channel = channel;
        this.to = to;
        this.tls = channel.pipeline().get(SslHandler.class);
        this.lowest = channel instanceof UnixChannel unix && unix.fd() instanceof Socket own ? own : null;
        this.socket = tls == null ? lowest : null;
    }

    /** Whether what is sent here is encrypted on its way. */
    public boolean encrypted() {
        return tls != null;
    }

    /** Copies the bytes. */
    public void write(byte[] from, int offset, int length) {
        room(length).writeBytes(from, offset, length);
    }

    /** Consumes the next {@code length} bytes of {@code in}; keeps a share of its memory when they are many. */
    public void write(ByteBuf in, int length) {
        if (length <= COPIED) {
            room(length).writeBytes(in, length);
            return;
        }
        if (gathered != null) {
            pass();
            to.write(in.readRetainedSlice(length), to.voidPromise());
            return;
        }
        int end = in.readerIndex() + length;
        if (!direct(in, end)) {
            to.write(rest(in, end - in.readerIndex()), to.voidPromise());
        }
    }

    /** What a slow peer leaves waiting, as a copy when it is short, or a small part of the buffer that it came in. */
    private ByteBuf rest(ByteBuf in, int length) {
        return length <= COPIED_REST || length < in.capacity() / 4
                ? channel.alloc().directBuffer(length).writeBytes(in, length)
                : in.readRetainedSlice(length);
    }

    /** About how many bytes would not have to wait here. A system call, so not for every piece that is written. */
    public int room() {
        ChannelOutboundBuffer waiting = channel.unsafe().outboundBuffer();
        if (waiting == null || waiting.totalPendingWriteBytes() > 0) {
            return 0;
        }
        return lowest == null ? SendRoom.UNKNOWN : loop.sendRoom().of(lowest);
    }

    /** Writes what was gathered to the socket; what it does not take stays with the channel. */
    public void flush() {
        ByteBuf buffer = gathered;
        if (buffer == null) {
            to.flush();
            return;
        }
        gathered = null;
        if (direct(buffer, buffer.writerIndex())) {
            buffer.release();
        } else {
            to.writeAndFlush(buffer, to.voidPromise());
        }
    }

    /**
     * Offers the bytes up to {@code end} to the socket itself, and consumes what it takes. Nearly always that is all,
     * which saves the way through the channel's pipeline and queue; else the rest takes that way.
     *
     * @return whether nothing is left
     */
    private boolean direct(ByteBuf buffer, int end) {
        ChannelOutboundBuffer waiting = channel.unsafe().outboundBuffer();
        if (socket == null || waiting == null || waiting.totalPendingWriteBytes() > 0 || !buffer.hasMemoryAddress()) {
            return false;
        }
        try {
            int start = buffer.readerIndex();
            buffer.readerIndex(start + socket.sendAddress(buffer.memoryAddress(), start, end));
            return buffer.readerIndex() == end;
        } catch (IOException broken) {
            // The channel's own write fails too then, and ends the connection as any failed write does.
            failure = broken;
            return false;
        }
    }

    /** Flushes, and tells once all that was written has been handed to the system, or cannot be. */
    public void whenSent(Sent then) {
        flush();
        to.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener((ChannelFutureListener) future -> {
            delivered |= future.isSuccess();
            then.sent(future.isSuccess());
        });
    }

    /**
     * Flushes and ends the sending side, so that the peer sees an orderly end: with TLS a close_notify (RFC 8446 section
     * 6.1) and then, as without, a FIN.
     */
    public void end() {
        flush();
        ChannelFuture last = tls == null ? to.writeAndFlush(Unpooled.EMPTY_BUFFER) : tls.closeOutbound();
        last.addListener((ChannelFutureListener) future -> {
            if (future.isSuccess()) {
                delivered = true;
                ((DuplexChannel) channel).shutdownOutput();
            }
        });
    }

    /** Whether nothing more can be sent: with BoringSSL a peer's close_notify ends both directions. */
    public boolean over() {
        return tls != null && tls.engine().isOutboundDone();
    }

    /** Whether the last word has been handed to the system: {@link #whenSent} or {@link #end} had success. */
    public boolean delivered() {
        return delivered;
    }

    /** Closes at once, so that the peer cannot take it for an orderly end: by a reset, and with TLS no close_notify. */
    public void reset() {
        discard();
        if (channel.isOpen()) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            // Past the pipeline, where TLS would send its close_notify.
            channel.unsafe().close(channel.unsafe().voidPromise());
        }
    }

    /** Why the socket refused bytes, when it did; the kernel tells each failure only once. */
    public @Nullable IOException failure() {
        return failure;
    }

    /** Whether the peer has read something since this was last asked, so that a slow one is told from a stalled one. */
    public boolean progressed() {
        ChannelOutboundBuffer waiting = channel.unsafe().outboundBuffer();
        long pending = waiting == null ? 0 : waiting.totalPendingWriteBytes();
        boolean less = pending < pendingBefore;
        pendingBefore = pending;
        return less;
    }

    /** Drops what was gathered and not flushed; for channels that close. */
    public void discard() {
        if (gathered != null) {
            gathered.release();
            gathered = null;
        }
    }

    private ByteBuf room(int length) {
        ByteBuf buffer = gathered;
        if (buffer != null && buffer.writableBytes() >= length) {
            return buffer;
        }
        pass();
        SharedBuffer writes = loop.writes();
        buffer = length <= writes.size()
                ? writes.take(channel.alloc())
                : channel.alloc().directBuffer(length);
        gathered = buffer;
        return buffer;
    }

    private void pass() {
        if (gathered != null) {
            to.write(gathered, to.voidPromise());
            gathered = null;
        }
    }
}
