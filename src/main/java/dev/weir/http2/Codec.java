package dev.weir.http2;

import dev.weir.http.HeadLimits;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionDecoder;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import io.netty.handler.codec.http2.Http2PromisedRequestVerifier;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;

/**
 * The parts of Netty's codec for one connection, put together and bounded: what is decoded has one {@link FieldList}, and
 * streams have equal shares whatever priorities say.
 *
 * @param listBytes of a header block as it is kept, with {@link FieldList#OVERHEAD} for each field
 * @param blockBytes of a header block as it is sent
 */
public record Codec(
        Http2ConnectionDecoder decoder,
        Http2ConnectionEncoder encoder,
        FrameWriter writer,
        FrameSink sink,
        int listBytes,
        long blockBytes) {
    /** So many frames of one header block may be tiny; then the connection ends. */
    private static final int SMALL_CONTINUATIONS = 16;

    /**
     * For a connection of a client, whose frames somebody counts before they are decoded.
     *
     * @param tableBytes of the table for header fields that are sent, whatever the client allows
     */
    public static Codec ofServer(HeadLimits limits, int tableBytes, FrameSink sink) {
        Http2HeadersEncoder fields;
        try {
            fields = new BoundedEncoder(tableBytes);
        } catch (Http2Exception impossible) {
            throw new IllegalStateException(impossible);
        }
        return of(new DefaultHttp2Connection(true, 0), limits, new FrameWriter(fields, sink), sink, Integer.MAX_VALUE);
    }

    /** For a connection to a server. */
    public static Codec ofClient(HeadLimits limits, FrameSink sink) {
        FrameWriter writer = new FrameWriter(new DefaultHttp2HeadersEncoder(), sink);
        return of(new DefaultHttp2Connection(false, 0), limits, writer, sink, SMALL_CONTINUATIONS);
    }

    private static Codec of(
            DefaultHttp2Connection connection,
            HeadLimits limits,
            FrameWriter writer,
            FrameSink sink,
            int smallContinuations) {
        connection
                .remote()
                .flowController(
                        new DefaultHttp2RemoteFlowController(connection, new UniformStreamByteDistributor(connection)));
        Http2ConnectionEncoder encoder = new DefaultHttp2ConnectionEncoder(connection, writer);
        int listBytes = limits.lineBytes() + limits.headBytes() + limits.fields() * FieldList.OVERHEAD;
        // What is a little too large costs its message only, and gets an answer that says so; beyond this it costs the
        // connection.
        long blockBytes = 2L * listBytes;
        FieldListDecoder fields = new FieldListDecoder(listBytes, blockBytes);
        Http2ConnectionDecoder decoder = new DefaultHttp2ConnectionDecoder(
                connection,
                encoder,
                new DefaultHttp2FrameReader(fields, smallContinuations),
                Http2PromisedRequestVerifier.ALWAYS_VERIFY,
                true,
                true,
                false,
                false);
        return new Codec(decoder, encoder, writer, sink, listBytes, blockBytes);
    }

    /** Its table for header fields stays small whatever the other side allows. */
    private static final class BoundedEncoder extends DefaultHttp2HeadersEncoder {
        private final int tableBytes;

        BoundedEncoder(int tableBytes) throws Http2Exception {
            super(Http2HeadersEncoder.NEVER_SENSITIVE, true);
            this.tableBytes = tableBytes;
            super.maxHeaderTableSize(Math.min(super.maxHeaderTableSize(), tableBytes));
        }

        @Override
        public void maxHeaderTableSize(long max) throws Http2Exception {
            super.maxHeaderTableSize(Math.min(max, tableBytes));
        }
    }
}
