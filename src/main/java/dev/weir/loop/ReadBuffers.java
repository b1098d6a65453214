package dev.weir.loop;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The buffers that the sockets of one event loop are read into: one {@link SharedBuffer} for all. So an idle connection
 * owns no buffer, a read costs no allocation, and the bytes are still in the cache when they are written on. Confined to
 * its event loop.
 *
 * <p>A channel is read once an event: what was read has been written on before more is read, which keeps the memory of
 * an exchange bounded by one buffer each way.
 */
public final class ReadBuffers implements RecvByteBufAllocator {
    /** The size of a read while what was read is taken slowly. */
    public static final int LESS = 16 << 10;

    /** The size of a read of which is not yet known how it will be taken: so much is held if it is not taken at all. */
    static final int FIRST = 64 << 10;

    private final SharedBuffer buffer;
    private final SharedBuffer first;
    private final SharedBuffer less;

    /** {@code size} of each buffer in bytes. */
    ReadBuffers(int size) {
        this.buffer = new SharedBuffer(size);
        this.first = new SharedBuffer(Math.min(size, FIRST));
        this.less = new SharedBuffer(Math.min(size, LESS));
    }

    @Override
    public ExtendedHandle newHandle() {
        return new Handle(null);
    }

    /** The same buffers for one channel, which may be told to read less at a time. */
    public Adjustable adjustable() {
        return new Adjustable();
    }

    /** How one channel is read. */
    public final class Adjustable implements RecvByteBufAllocator {
        private SharedBuffer source = first;

        private Adjustable() {}

        /** The next reads are for a receiver of which nothing is known. */
        public void first() {
            source = first;
        }

        /** Whether the next reads are of at most {@link #LESS} bytes: so much is held for a receiver that is behind. */
        public void less(boolean on) {
            source = on ? less : buffer;
        }

        @Override
        public ExtendedHandle newHandle() {
            return new ReadBuffers.Handle(this);
        }
    }

    /** For the end of the loop. */
    void close() {
        buffer.close();
        first.close();
        less.close();
    }

    /**
     * Thrown instead of reading when a channel whose reading is paused got a hang-up, after which Netty would read all
     * that the kernel holds (some MiB), whatever auto-read says. Netty takes it as a failed read without closing; what
     * is left is read when reading goes on.
     */
    @SuppressWarnings("StaticAssignmentOfThrowable") // it has no trace and no suppressed exceptions
    public static final class ReadPaused extends RuntimeException {
        private static final long serialVersionUID = 1;
        static final ReadPaused INSTANCE = new ReadPaused();

        private ReadPaused() {
            super("reading is paused", null, false, false);
        }
    }

    private final class Handle implements ExtendedHandle {
        private @Nullable ChannelConfig config;
        private int lastRead;
        private int attempted;
        private final @Nullable Adjustable adjusted;

        Handle(@Nullable Adjustable adjusted) {
            this.adjusted = adjusted;
        }

        private SharedBuffer source() {
            return adjusted == null ? buffer : adjusted.source;
        }

        @Override
        public ByteBuf allocate(ByteBufAllocator allocator) {
            if (config != null && !config.isAutoRead()) {
                throw ReadPaused.INSTANCE;
            }
            return source().take(allocator);
        }

        @Override
        public int guess() {
            return source().size();
        }

        @Override
        public void reset(ChannelConfig config) {
            this.config = config;
        }

        @Override
        public void incMessagesRead(int messages) {}

        @Override
        public void lastBytesRead(int bytes) {
            lastRead = bytes;
        }

        @Override
        public int lastBytesRead() {
            return lastRead;
        }

        @Override
        public void attemptedBytesRead(int bytes) {
            attempted = bytes;
        }

        @Override
        public int attemptedBytesRead() {
            return attempted;
        }

        @Override
        public boolean continueReading() {
            return false;
        }

        @Override
        public boolean continueReading(UncheckedBooleanSupplier maybeMoreData) {
            return false;
        }

        @Override
        public void readComplete() {
            if (lastRead == attempted && config != null && config.isAutoRead()) {
                // Perhaps there is more, of which edge-triggered epoll would not tell unless asked again.
                config.setAutoRead(false);
                config.setAutoRead(true);
            }
        }
    }
}
