package dev.weir.http2;

import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Headers;

/**
 * Decodes each header block of a connection into the same {@link FieldList}, which is valid while the block is handed
 * on. A block beyond the bound is decoded to its end, since the table must stay in step, but not kept; the list says so
 * by {@link FieldList#tooLarge}.
 */
public final class FieldListDecoder extends DefaultHttp2HeadersDecoder {
    private final FieldList list;
    private final long maxBlockBytes;

    /**
     * @param maxListBytes of all decoded names and values together, with {@link FieldList#OVERHEAD} for each
     * @param maxBlockBytes of the block as it is sent, over all its frames; a longer one ends the connection
     */
    public FieldListDecoder(long maxListBytes, long maxBlockBytes) {
        super(false, Http2CodecUtil.MAX_HEADER_LIST_SIZE);
        this.list = new FieldList(maxListBytes);
        this.maxBlockBytes = maxBlockBytes;
    }

    @Override
    protected Http2Headers newHeaders() {
        list.reset();
        return list;
    }

    /** Ignored: the bound is the list's, and the announced one is only advice to the peer. */
    @Override
    public void maxHeaderListSize(long max, long goAwayMax) {}

    @Override
    public long maxHeaderListSizeGoAway() {
        return maxBlockBytes;
    }
}
