package dev.weir.upstream;

import dev.weir.http.HeadLimits;
import dev.weir.http2.FieldList;
import dev.weir.http2.FieldListDecoder;
import dev.weir.http2.TellingFrameWriter;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionDecoder;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2PromisedRequestVerifier;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;

/** The parts of Netty's codec for one connection to a server, put together and bounded. */
record Http2Codec(
        Http2ConnectionDecoder decoder,
        Http2ConnectionEncoder encoder,
        TellingFrameWriter writer,
        Http2Settings settings) {
    /** So many frames of one header block may be tiny; then the connection ends. */
    private static final int SMALL_CONTINUATIONS = 16;

    static Http2Codec of(UpstreamSettings pool) {
        DefaultHttp2Connection connection = new DefaultHttp2Connection(false, 0);
        connection
                .remote()
                .flowController(
                        new DefaultHttp2RemoteFlowController(connection, new UniformStreamByteDistributor(connection)));
        TellingFrameWriter writer = new TellingFrameWriter();
        Http2ConnectionEncoder encoder = new DefaultHttp2ConnectionEncoder(connection, writer);
        HeadLimits limits = pool.headLimits();
        int listBytes = limits.lineBytes() + limits.headBytes() + limits.fields() * FieldList.OVERHEAD;
        // What is a little too large costs its response only; beyond this it costs the connection.
        FieldListDecoder fields = new FieldListDecoder(listBytes, 2L * listBytes);
        Http2ConnectionDecoder decoder = new DefaultHttp2ConnectionDecoder(
                connection,
                encoder,
                new DefaultHttp2FrameReader(fields, SMALL_CONTINUATIONS),
                Http2PromisedRequestVerifier.ALWAYS_VERIFY,
                true,
                true,
                false,
                false);
        Http2Settings settings = new Http2Settings()
                .pushEnabled(false)
                .initialWindowSize(pool.http2Limits().streamWindow())
                .maxHeaderListSize(listBytes);
        return new Http2Codec(decoder, encoder, writer, settings);
    }
}
