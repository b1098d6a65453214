package dev.weir.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReadBuffersTest {
    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
    private final ReadBuffers buffers = new ReadBuffers(1024);
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final RecvByteBufAllocator.ExtendedHandle handle = buffers.newHandle();

    @AfterEach
    void giveBack() {
        buffers.close();
        channel.close();
    }

    @Test
    void nothingKept_sameMemoryForTheNextRead() {
        handle.reset(channel.config());
        ByteBuf first = handle.allocate(allocator);
        long address = first.memoryAddress();
        first.writeLong(1).release();
        ByteBuf second = handle.allocate(allocator);
        assertThat(second.memoryAddress()).isEqualTo(address);
        assertThat(second.isReadable()).isFalse();
        assertThat(second.writableBytes()).isEqualTo(1024);
        second.release();
    }

    @Test
    void sliceKept_itsBytesStayAndTheNextReadGetsAnother() {
        ByteBuf first = handle.allocate(allocator);
        first.writeLong(42);
        ByteBuf slice = first.retainedSlice(0, 8);
        first.release();
        ByteBuf second = handle.allocate(allocator);
        second.writeLong(7);
        assertThat(slice.getLong(0)).isEqualTo(42);
        assertThat(slice.release()).isTrue();
        second.release();
    }

    @Test
    void channelThatMayBeTold_readsLittleUntilItIsKnownHowItIsTaken() {
        ReadBuffers large = new ReadBuffers(256 << 10);
        ReadBuffers.Adjustable reads = large.adjustable();
        RecvByteBufAllocator.ExtendedHandle told = reads.newHandle();
        assertThat(told.guess()).isEqualTo(ReadBuffers.FIRST);
        reads.less(false);
        assertThat(told.guess()).isEqualTo(256 << 10);
        reads.less(true);
        assertThat(told.guess()).isEqualTo(ReadBuffers.LESS);
        reads.first();
        assertThat(told.guess()).isEqualTo(ReadBuffers.FIRST);
        large.close();
    }

    @Test
    void closed_allMemoryIsGivenBack() {
        handle.allocate(allocator).release();
        buffers.close();
        assertThat(allocator.metric().usedDirectMemory()).isZero();
    }

    @Test
    void oneReadAnEvent_howeverMuchThereIs() {
        handle.reset(channel.config());
        handle.attemptedBytesRead(1024);
        handle.lastBytesRead(1024);
        assertThat(handle.continueReading()).isFalse();
        assertThat(handle.continueReading(() -> true)).isFalse();
    }

    @Test
    void readingPaused_refusesToRead() {
        channel.config().setAutoRead(false);
        handle.reset(channel.config());
        assertThatThrownBy(() -> handle.allocate(allocator)).isSameAs(ReadBuffers.ReadPaused.INSTANCE);
        assertThat(allocator.metric().usedDirectMemory()).isZero();
    }
}
