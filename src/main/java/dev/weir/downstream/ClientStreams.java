package dev.weir.downstream;

import dev.weir.http2.Streams;
import dev.weir.observe.Cause;
import dev.weir.pool.Server;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The streams of one client's HTTP/2 connection: counts them, tells the connection of the first and the last, and each of
 * them what concerns all. Confined to the connection's loop.
 */
final class ClientStreams extends Http2ConnectionAdapter {
    private final Http2Downstream connection;
    private final Http2Connection codec;
    private final Streams<Http2ClientStream> streams;
    /** Those that were given content in the present read. */
    private final List<Http2ClientStream> touched = new ArrayList<>();

    ClientStreams(Http2Downstream connection, Http2Connection codec) {
        this.connection = connection;
        this.codec = codec;
        this.streams = new Streams<>(codec);
        codec.addListener(this);
    }

    boolean isEmpty() {
        return codec.numActiveStreams() == 0;
    }

    /** Whether there are more than there may be; the codec's own bound forgets the ones it refuses. */
    boolean crowded() {
        return codec.numActiveStreams() > connection.settings().http2().maxConcurrentStreams();
    }

    /** Null when it has not begun, or is over. */
    @Nullable Http2ClientStream of(int id) {
        return streams.of(id);
    }

    /** For the first header block of a stream. */
    Http2ClientStream open(int id) {
        Http2Stream stream = Objects.requireNonNull(codec.stream(id));
        Http2ClientStream opened = new Http2ClientStream(connection, stream);
        streams.put(stream, opened);
        return opened;
    }

    // ---- what the codec tells ----

    @Override
    public void onStreamActive(Http2Stream stream) {
        connection.worker().meters().http2StreamsOpen.increment();
        connection.busy();
    }

    @Override
    public void onStreamClosed(Http2Stream stream) {
        connection.worker().meters().http2StreamsOpen.decrement();
        Http2ClientStream closed = streams.of(stream);
        if (closed != null) {
            closed.closed();
        }
        if (isEmpty()) {
            connection.idle();
        }
    }

    /** So much content of a stream has been framed and leaves. */
    void sent(int id, int bytes) {
        Http2ClientStream stream = of(id);
        if (stream != null) {
            stream.sent(bytes);
        }
    }

    void writabilityChanged(Http2Stream stream) {
        Http2ClientStream changed = streams.of(stream);
        if (changed != null) {
            changed.writabilityChanged();
        }
    }

    // ---- what is told to all ----

    /** The stream was given content in this read. */
    void touched(Http2ClientStream stream) {
        touched.add(stream);
    }

    /** What came in one read has been handed over. */
    void readComplete() {
        for (int i = 0; i < touched.size(); i++) {
            touched.get(i).readComplete();
        }
        touched.clear();
    }

    /** Nothing can be sent any more, or nothing needs to be. */
    void fail(Cause cause) {
        streams.all().forEach(stream -> stream.failed(cause));
    }

    boolean anyTunnel() {
        return streams.all().stream().anyMatch(Http2ClientStream::inTunnel);
    }

    /** Cuts all but tunnels. */
    void cutRequests() {
        for (Http2ClientStream stream : streams.all()) {
            if (!stream.inTunnel()) {
                stream.cut();
            }
        }
    }

    void endTunnels() {
        streams.all().forEach(Http2ClientStream::endTunnel);
    }

    void cutFrom(Server gone) {
        streams.all().forEach(stream -> stream.cutFrom(gone));
    }
}
