package dev.weir.downstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/**
 * What an HTTP/1 client sends, as far as it is ahead of its turn: it is held here, and the connection is read only while
 * there is room for more and nobody holds the client back. Confined to the connection's loop.
 */
final class Input {
    private final Channel channel;
    private final int bound;
    private @Nullable ByteBuf ahead;
    private boolean paused;

    /** {@code bound}: of bytes held, beyond which at most one read comes. */
    Input(Channel channel, int bound) {
        this.channel = channel;
        this.bound = bound;
    }

    /** Whether something is held. */
    boolean holds() {
        return ahead != null;
    }

    /** Holds what there is in {@code in}, behind what is held. */
    void hold(ByteBuf in) {
        ByteBuf held = ahead;
        if (held == null) {
            held = channel.alloc().buffer(in.readableBytes());
            ahead = held;
        }
        held.writeBytes(in);
        update();
    }

    /** Hands over what is held; null when nothing is. */
    @Nullable ByteBuf take() {
        ByteBuf held = ahead;
        ahead = null;
        return held;
    }

    /** Ends what {@link #take} began: what is left is held again if it is {@code wanted}. */
    void giveBack(ByteBuf rest, boolean wanted) {
        if (wanted && rest.isReadable()) {
            ahead = rest;
        } else {
            rest.release();
        }
        update();
    }

    /** Whether the client is held back, since its content is not taken. */
    boolean paused() {
        return paused;
    }

    void pause(boolean on) {
        paused = on;
        update();
    }

    private void update() {
        boolean wanted = !paused && (ahead == null || ahead.readableBytes() < bound);
        if (channel.config().isAutoRead() != wanted) {
            channel.config().setAutoRead(wanted);
        }
    }

    /** For the end. */
    void close() {
        if (ahead != null) {
            ahead.release();
            ahead = null;
        }
    }
}
