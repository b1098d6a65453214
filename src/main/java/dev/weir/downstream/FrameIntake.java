package dev.weir.downstream;

import dev.weir.loop.Deadline;
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

    private final Accepted connection;
    private final Channel channel;
    private final Loop loop;
    private final FrameCutter cutter;
    private final FloodGuard guard;
    private final Deadline deadline;
    private int prefaceLeft = PREFACE;
    private int frameType;
    private @Nullable Flood flood;

    /**
     * @param maxBlockBytes of a header block as it is sent
     * @param late called when the rest of a head or frame has not come in time
     */
    FrameIntake(Accepted connection, long maxBlockBytes, Runnable late) {
        this.connection = connection;
        this.deadline = new Deadline(late);
        this.channel = connection.channel();
        this.loop = connection.worker().loop();
        this.cutter = new FrameCutter(channel.alloc(), this::look);
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
    private boolean look(int type, int flags, int length) {
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

    /** All that came in one read has passed: a head or a frame that came in part has a time to be completed in. */
    void watch() {
        if (!guard.inHeaderBlock() && !cutter.incomplete()) {
            deadline.disarm();
        } else if (!deadline.armed()) {
            connection.arm(deadline, connection.settings().requestHeadNanos());
        }
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
        connection.remove(deadline);
        cutter.close();
    }
}
