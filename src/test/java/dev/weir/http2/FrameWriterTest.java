package dev.weir.http2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.loop.Loop;
import dev.weir.loop.Transport;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is written is read by Netty's reader. */
final class FrameWriterTest {
    private static final int MAX_FRAME = 16_384;

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final Loop loop = new Loop(0, channel.eventLoop(), Transport.nio(), 1024);
    private long counted;
    private final FrameSink sink = new FrameSink(loop, bytes -> counted += bytes);
    private final FrameWriter writer = new FrameWriter(new DefaultHttp2HeadersEncoder(), sink);
    private final List<String> sent = new ArrayList<>();
    private final List<String> read = new ArrayList<>();

    @BeforeEach
    void add() {
        channel.pipeline().addLast(sink);
        writer.tell((stream, bytes) -> sent.add(stream + ":" + bytes));
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
        loop.close();
    }

    @Test
    void head_small_isOneFrame() throws Exception {
        assertThat(writeHead(3, fields("x-a", "1"), true).isSuccess()).isTrue();
        ByteBuf written = flushed();
        assertThat(written.getUnsignedMedium(0)).isEqualTo(written.readableBytes() - 9);
        read(written);
        assertThat(read).containsExactly("3 head end x-a=1");
    }

    @Test
    void head_largerThanAFrame_isContinued() throws Exception {
        FieldList fields = new FieldList(Long.MAX_VALUE);
        StringBuilder expected = new StringBuilder("5 head");
        for (int i = 0; i < 50; i++) {
            // Not compressible: characters with long codes, and more than the table holds.
            String value = "\\^<>".repeat(250) + i;
            fields.put(AsciiString.of("x-" + i), AsciiString.of(value));
            expected.append(" x-").append(i).append('=').append(value);
        }
        writeHead(5, fields, false);
        writeHead(7, fields("x-b", "2"), true);
        ByteBuf written = flushed();
        assertThat(written.readableBytes()).isGreaterThan(3 * MAX_FRAME);
        assertThat(counted).isEqualTo(written.readableBytes());
        read(written);
        assertThat(read).containsExactly(expected.toString(), "7 head end x-b=2");
    }

    @Test
    void head_thatFillsFramesExactly_hasNoEmptyContinuation() throws Exception {
        // Two octets of field, three of the name, four of a length of a value that is not compressed, the value.
        FieldList fields = fields("x-a", "\u007F".repeat(2 * MAX_FRAME - 2 - 3 - 3 - 1));
        writeHead(3, fields, true);
        ByteBuf written = flushed();
        int second = 9 + written.getUnsignedMedium(0);
        assertThat(written.getUnsignedMedium(0)).isEqualTo(MAX_FRAME);
        assertThat(9 + second + written.getUnsignedMedium(second)).isEqualTo(written.readableBytes());
        read(written);
        assertThat(read).hasSize(1);
    }

    @Test
    void content_largerThanAFrame_isCutAndEndsOnce() throws Exception {
        ByteBuf content = Unpooled.directBuffer().writeZero(2 * MAX_FRAME + 1);
        writer.writeData(context(), 9, content, 0, true, channel.newPromise());
        assertThat(content.refCnt()).isLessThanOrEqualTo(2);
        read(flushed());
        assertThat(read).containsExactly("9 data 16384", "9 data 16384", "9 data 1 end");
        assertThat(sent).containsExactly("9:32769");
    }

    @Test
    void content_partOfABuffer_leavesTheRest() throws Exception {
        ByteBuf in = Unpooled.copiedBuffer(new byte[] {1, 2, 3, 4, 5});
        writer.data(11, in, 3, false);
        writer.data(11, Unpooled.EMPTY_BUFFER, 0, true);
        assertThat(in.readableBytes()).isEqualTo(2);
        in.release();
        read(flushed());
        assertThat(read).containsExactly("11 data 3", "11 data 0 end");
    }

    private ChannelHandlerContext context() {
        return channel.pipeline().context(sink);
    }

    private ChannelFuture writeHead(int stream, FieldList fields, boolean last) {
        return writer.writeHeaders(context(), stream, fields, 0, last, channel.newPromise());
    }

    private static FieldList fields(String name, String value) {
        FieldList fields = new FieldList(Long.MAX_VALUE);
        fields.put(AsciiString.of(name), AsciiString.of(value));
        return fields;
    }

    private ByteBuf flushed() {
        sink.flush(context());
        ByteBuf all = Unpooled.buffer();
        for (ByteBuf piece = channel.readOutbound(); piece != null; piece = channel.readOutbound()) {
            all.writeBytes(piece);
            piece.release();
        }
        return all;
    }

    private void read(ByteBuf frames) throws Exception {
        FieldListDecoder decoder = new FieldListDecoder(1 << 20, 1 << 20);
        try (DefaultHttp2FrameReader reader = new DefaultHttp2FrameReader(decoder)) {
            reader.readFrame(context(), frames, new Listener());
        }
        assertThat(frames.isReadable()).isFalse();
        frames.release();
    }

    private final class Listener extends Http2FrameAdapter {
        @Override
        public void onHeadersRead(
                ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding, boolean end) {
            StringBuilder text = new StringBuilder(streamId + " head" + (end ? " end" : ""));
            headers.forEach(
                    field -> text.append(' ').append(field.getKey()).append('=').append(field.getValue()));
            read.add(text.toString());
        }

        @Override
        public int onDataRead(ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean end) {
            read.add(streamId + " data " + data.readableBytes() + (end ? " end" : ""));
            return data.readableBytes();
        }
    }
}
