package dev.weir.downstream;

import dev.weir.loop.Loop;
import dev.weir.observe.Flood;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/**
 * What the bytes of an HTTP/2 client pass before they are decoded: the preface, then one whole frame after the other,
 * each looked at by {@link FloodGuard} first. Nothing passes any more once there was too much of something. Confined to
 * the connection's loop.
 */
final class FrameIntake {
    private static final int PREFACE = 24;

    private final Channel channel;
    private final Loop loop;
    private final FrameCutter cutter;
    private final FloodGuard guard;
    private int prefaceLeft = PREFACE;
    private int frameType;
    private @Nullable Flood flood;

    /** {@code maxBlockBytes}: of a header block as it is sent. */
    FrameIntake(Accepted connection, long maxBlockBytes) {
        this.channel = connection.channel();
        this.loop = connection.worker().loop();
        this.cutter = new FrameCutter(channel.alloc(), this::watch);
        this.guard = new FloodGuard(connection.settings().http2(), maxBlockBytes, loop.now());
    }

    /**
     * Takes what is to be decoded next off the input. The result is the caller's to release; null when there is nothing
     * more to decode.
     */
    @Nullable ByteBuf next(ByteBuf in) {
        if (prefaceLeft > 0 && in.isReadable()) {
            int length = Math.min(prefaceLeft, in.readableBytes());
            prefaceLeft -= length;
            return in.readRetainedSlice(length);
        }
        return flood == null ? cutter.next(in) : null;
    }

    /** Each frame's header passes here before the frame does. */
    private boolean watch(int type, int flags, int length) {
        frameType = type;
        if (flood == null) {
            flood = guard.frame(type, flags, length, channel.isWritable(), loop.now());
        }
        return flood == null;
    }

    /** Of the frame that passed last. */
    int frameType() {
        return frameType;
    }

    /** Whether a part of a frame or of a header block waits for the rest. */
    boolean incomplete() {
        return guard.inHeaderBlock() || cutter.incomplete();
    }

    /** So much content was sent to the client. */
    void sent(int bytes) {
        guard.sent(bytes);
    }

    /** The client made Weir reset a stream. */
    void streamError() {
        if (flood == null) {
            flood = guard.streamError();
        }
    }

    /** What there was too much of; null when there was not. */
    @Nullable Flood flood() {
        return flood;
    }

    /** For the end of the connection. */
    void close() {
        cutter.close();
    }
}
