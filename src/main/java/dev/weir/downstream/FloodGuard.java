package dev.weir.downstream;

import dev.weir.config.ListenerHttp2;
import dev.weir.observe.Flood;
import io.netty.handler.codec.http2.Http2FrameTypes;
import org.jspecify.annotations.Nullable;

/**
 * Counts what an HTTP/2 client sends that costs it little and Weir something. It sees the header of each frame before
 * anything is done with the frame. Confined to the connection's loop.
 */
final class FloodGuard {
    private static final int END_STREAM = 0x1;
    private static final int END_HEADERS = 0x4;
    private static final int ACK = 0x1;
    private static final int BYTES_PER_WINDOW_UPDATE = 256;

    private final ListenerHttp2 limits;
    private final long periodNanos;
    private final long maxBlockBytes;

    private long periodStart;
    private int resets;
    private int controlFrames;
    private int windowUpdates;
    private long bytesSent;

    private int emptyFrames;
    private int unread;
    /** Of the header block that is being received; -1 between blocks. */
    private int blockBytes = -1;

    private int blockFrames;

    /** {@code maxBlockBytes}: of a header block as it is sent, over all its frames. */
    FloodGuard(ListenerHttp2 limits, long maxBlockBytes, long now) {
        this.limits = limits;
        this.periodNanos = limits.abusePeriod().toNanos();
        this.maxBlockBytes = maxBlockBytes;
        this.periodStart = now;
    }

    /** Whether a header block has begun and not ended. */
    boolean inHeaderBlock() {
        return blockBytes >= 0;
    }

    /** So much content was sent: the client may well want to say that it took it. */
    void sent(int bytes) {
        bytesSent += bytes;
    }

    /**
     * Looks at a frame's header.
     *
     * @param length of the frame; of content without its padding
     * @param reads whether the client takes what it is sent
     * @return what there is too much of, if there is
     */
    @Nullable Flood frame(int type, int flags, int length, boolean reads, long now) {
        if (now - periodStart >= periodNanos) {
            periodStart = now;
            resets = 0;
            controlFrames = 0;
            windowUpdates = 0;
            bytesSent = 0;
        }
        return switch (type) {
            case Http2FrameTypes.DATA -> data(flags, length);
            case Http2FrameTypes.HEADERS, Http2FrameTypes.CONTINUATION -> header(type, flags, length);
            case Http2FrameTypes.RST_STREAM -> ++resets > limits.resets() ? Flood.RESETS : null;
            case Http2FrameTypes.WINDOW_UPDATE ->
                ++windowUpdates > limits.windowUpdates() + bytesSent / BYTES_PER_WINDOW_UPDATE
                        ? Flood.WINDOW_UPDATES
                        : null;
            case Http2FrameTypes.SETTINGS, Http2FrameTypes.PING -> control(reads || (flags & ACK) != 0);
            default -> control(reads);
        };
    }

    /** The client made Weir reset a stream. */
    @Nullable Flood streamError() {
        return ++resets > limits.resets() ? Flood.STREAM_ERRORS : null;
    }

    private @Nullable Flood data(int flags, int length) {
        if (length > 0 || (flags & END_STREAM) != 0) {
            emptyFrames = 0;
            return null;
        }
        return ++emptyFrames > limits.emptyFrames() ? Flood.EMPTY_FRAMES : null;
    }

    private @Nullable Flood header(int type, int flags, int length) {
        if (type == Http2FrameTypes.HEADERS) {
            blockBytes = 0;
            blockFrames = 0;
        } else {
            blockFrames++;
        }
        // A block out of place is for the codec to refuse.
        blockBytes = Math.max(blockBytes, 0) + length;
        if (blockBytes > maxBlockBytes) {
            return Flood.HEADER_BLOCK;
        }
        if (blockFrames > limits.continuationFrames()) {
            return Flood.CONTINUATIONS;
        }
        if ((flags & END_HEADERS) != 0) {
            blockBytes = -1;
        }
        return null;
    }

    private @Nullable Flood control(boolean reads) {
        unread = reads ? 0 : unread + 1;
        if (unread > limits.queuedControlFrames()) {
            return Flood.QUEUED_CONTROL_FRAMES;
        }
        return ++controlFrames > limits.controlFrames() ? Flood.CONTROL_FRAMES : null;
    }
}
