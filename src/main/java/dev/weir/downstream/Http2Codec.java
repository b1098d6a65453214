package dev.weir.downstream;

import dev.weir.http.HeadLimits;
import dev.weir.http2.FieldList;
import dev.weir.http2.FieldListDecoder;
import dev.weir.http2.TellingFrameWriter;
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
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;

/**
 * The parts of Netty's codec for one connection of a client, put together and bounded: what is decoded has one
 * {@link FieldList}, the tables for header fields have a size, and streams have equal shares whatever priorities say.
 *
 * @param maxBlockBytes of a header block as it is sent
 */
record Http2Codec(
        Http2ConnectionDecoder decoder,
        Http2ConnectionEncoder encoder,
        TellingFrameWriter writer,
        Http2Settings settings,
        int maxBlockBytes) {
    /** Bounded by {@link FloodGuard}, which counts all of them. */
    private static final int SMALL_CONTINUATIONS = Integer.MAX_VALUE;

    /** What a connection of this listener is coded with. */
    static Http2Codec of(ListenerSettings listener) {
        try {
            return build(listener);
        } catch (Http2Exception impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static Http2Codec build(ListenerSettings listener) throws Http2Exception {
        DefaultHttp2Connection connection = new DefaultHttp2Connection(true, 0);
        connection
                .remote()
                .flowController(
                        new DefaultHttp2RemoteFlowController(connection, new UniformStreamByteDistributor(connection)));
        TellingFrameWriter writer =
                new TellingFrameWriter(new BoundedEncoder(listener.http2().headerTable()));
        Http2ConnectionEncoder encoder = new DefaultHttp2ConnectionEncoder(connection, writer);
        HeadLimits limits = listener.headLimits();
        int listBytes = limits.lineBytes() + limits.headBytes() + limits.fields() * FieldList.OVERHEAD;
        // What is a little too large shall get an answer that says so; only beyond this does it cost the connection.
        int blockBytes = 2 * listBytes;
        FieldListDecoder fields = new FieldListDecoder(listBytes, blockBytes);
        DefaultHttp2FrameReader reader = new DefaultHttp2FrameReader(fields, SMALL_CONTINUATIONS);
        Http2ConnectionDecoder decoder = new DefaultHttp2ConnectionDecoder(
                connection, encoder, reader, Http2PromisedRequestVerifier.ALWAYS_VERIFY, true, true, false, false);
        return new Http2Codec(decoder, encoder, writer, settings(listener, listBytes), blockBytes);
    }

    private static Http2Settings settings(ListenerSettings listener, int listBytes) {
        Http2Settings settings = new Http2Settings()
                .maxConcurrentStreams(listener.http2().maxConcurrentStreams())
                .initialWindowSize(listener.http2().streamWindow())
                .maxHeaderListSize(listBytes)
                .connectProtocolEnabled(true);
        settings.headerTableSize(listener.http2().headerTable());
        return settings;
    }

    /** Its table for header fields stays small whatever the client allows. */
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
