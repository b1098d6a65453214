package dev.weir.http2;

import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The streams of one connection, each with the object that stands for it here. Confined to the connection's loop.
 *
 * @param <S> of these objects
 */
public final class Streams<S> {
    private final Http2Connection connection;
    private final Http2Connection.PropertyKey key;

    public Streams(Http2Connection connection) {
        this.connection = connection;
        this.key = connection.newKey();
    }

    /** {@code own} stands for the stream from now on. */
    public void put(Http2Stream stream, S own) {
        stream.setProperty(key, own);
    }

    /** What stands for the stream; null when nothing does. */
    public @Nullable S of(Http2Stream stream) {
        return stream.getProperty(key);
    }

    /** What stands for the stream of this number; null when there is none, or nothing that does. */
    public @Nullable S of(int id) {
        Http2Stream stream = connection.stream(id);
        return stream == null ? null : of(stream);
    }

    /** What stands for those that have begun and not ended, as they are now. */
    public List<S> all() {
        List<S> all = new ArrayList<>(connection.numActiveStreams());
        try {
            connection.forEachActiveStream(stream -> {
                S own = of(stream);
                if (own != null) {
                    all.add(own);
                }
                return true;
            });
        } catch (Http2Exception impossible) {
            throw new IllegalStateException(impossible);
        }
        return all;
    }
}
