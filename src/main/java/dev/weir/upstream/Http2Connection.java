package dev.weir.upstream;

import dev.weir.http.Headers;
import dev.weir.http2.Codec;
import dev.weir.http2.FieldList;
import dev.weir.http2.FrameSink;
import dev.weir.http2.Sender;
import dev.weir.http2.Streams;
import dev.weir.loop.Deadline;
import dev.weir.loop.LateFlush;
import dev.weir.loop.ReadBuffers;
import dev.weir.observe.Cause;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection to a server (RFC 9113): the codec, what all its streams share, and its end. A request on it is an
 * {@link Http2Upstream}. What is sent by all requests of one turn of the loop leaves in one piece. Confined to its loop.
 */
final class Http2Connection extends Http2ConnectionHandler {
    /** Stream identifiers end at 2^31 - 1, and each connection is left well before. */
    private static final int LAST_STREAM = Integer.MAX_VALUE - 2;

    private enum State {
        /** The server has not said yet that it speaks HTTP/2. */
        GREETING,
        OPEN,
        /** The requests that are on it go on; no other comes. */
        DRAINING,
        CLOSED
    }

    /** Hears how the greeting of the server went; just once. */
    interface Greeting {
        /** Its settings are known; the connection may be used. */
        void ready(Http2Connection connection);

        void failed(Cause cause, String detail);
    }

    private final UpstreamPool pool;
    private final UpstreamSettings settings;
    private final @Nullable ClientEndpoints client;
    private final Channel channel;
    private final Greeting greeting;
    private final Codec codec;
    private final Streams<Http2Upstream> streams;
    private final IdleFrames idleFrames = new IdleFrames();
    private final Liveness liveness;
    private final LateFlush lateFlush;
    /** Streams that something came for in the present read. */
    private final List<Http2Upstream> touched = new ArrayList<>();

    private State state = State.GREETING;
    private @Nullable ChannelHandlerContext context;
    private @Nullable Sender sender;
    private long connectNanos;
    private int active;
    private boolean used;
    private boolean upgrades;
    private String reason = "";

    private Http2Connection(
            UpstreamPool pool, @Nullable ClientEndpoints client, Channel channel, Greeting greeting, Codec codec) {
        super(codec.decoder(), codec.encoder(), pool.settings().announced(codec.listBytes()), false, true);
        this.pool = pool;
        this.settings = pool.settings();
        this.client = client;
        this.channel = channel;
        this.greeting = greeting;
        this.codec = codec;
        this.liveness = new Liveness(this, pool.loop(), settings.http2Limits());
        this.streams = new Streams<>(connection());
        this.lateFlush = new LateFlush(pool.loop(), () -> flush(context()));
        Http2Frames frames = new Http2Frames(this);
        decoder().frameListener(frames);
        connection().addListener(frames);
        encoder().flowController().listener(stream -> {
            Http2Upstream own = streams.of(stream);
            if (own != null) {
                own.writabilityChanged();
            }
        });
        codec.writer().tell((id, bytes) -> {
            Http2Upstream own = stream(id);
            if (own != null) {
                own.progressed();
            }
        });
    }

    /** Greets the server; the listener hears how it answers. */
    static void open(UpstreamPool pool, @Nullable ClientEndpoints client, Channel channel, Greeting greeting) {
        // What is counted as sent to a server is content.
        FrameSink sink = new FrameSink(pool.loop(), bytes -> {});
        Codec codec = Codec.ofClient(pool.settings().headLimits(), sink);
        Http2Connection connection = new Http2Connection(pool, client, channel, greeting, codec);
        // The end of the server's sending side is the end of everything: there are no half-closed connections here.
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, false);
        channel.pipeline().addLast(connection);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
        context = ctx;
        ctx.pipeline().addBefore(ctx.name(), null, codec.sink());
        sender = new Sender(this, codec.writer(), ctx);
        super.handlerAdded(ctx);
        Http2Stream whole = connection().connectionStream();
        int more = settings.http2Limits().connectionWindow()
                - decoder().flowController().windowSize(whole);
        if (more > 0) {
            decoder().flowController().incrementWindowSize(whole, more);
        }
        ctx.flush();
    }

    // ---- what streams use ----

    UpstreamPool pool() {
        return pool;
    }

    UpstreamSettings settings() {
        return settings;
    }

    ChannelHandlerContext context() {
        return Objects.requireNonNull(context, "not yet added to a channel");
    }

    private Sender sender() {
        return Objects.requireNonNull(sender, "not yet added to a channel");
    }

    long connectNanos() {
        return connectNanos;
    }

    boolean closed() {
        return state == State.CLOSED;
    }

    @Nullable Http2Upstream stream(int id) {
        return streams.of(id);
    }

    /** Begins a stream with this head; null when that is not possible, which says nothing of the request. */
    @Nullable Http2Stream begin(Http2Upstream own, FieldList head, boolean last) {
        if (state == State.CLOSED) {
            return null;
        }
        int id = connection().local().incrementAndGetNextStreamId();
        sender().open(id, head, last);
        Http2Stream stream = connection().stream(id);
        if (stream != null) {
            streams.put(stream, own);
        }
        return stream;
    }

    /** Consumes and sends {@code length} bytes of content, as far as the server's windows let them. */
    void send(Http2Stream stream, ByteBuf in, int length) {
        if (sender().sendNow(stream, in, length, false)) {
            return;
        }
        // What has to wait must not hold the large buffer that it came in.
        ByteBuf data = length < in.capacity() / 4
                ? channel.alloc().directBuffer(length).writeBytes(in, length)
                : in.readRetainedSlice(length);
        sender().queue(stream, data, false);
    }

    /** Ends the sending side of a stream. */
    void end(Http2Stream stream, Headers trailers) {
        FieldList fields =
                trailers.size() == 0 ? null : pool.upstreams().outgoing().trailers(trailers);
        if (fields == null || fields.isEmpty()) {
            sender().end(stream);
        } else {
            sender().head(stream, fields, true);
        }
    }

    boolean writable(Http2Stream stream) {
        return sender().writable(stream);
    }

    /** Gives {@code length} bytes back to the windows of the stream and the connection. */
    void consumed(Http2Stream stream, int length) {
        try {
            if (decoder().flowController().consumeBytes(stream, length)) {
                flushSoon();
            }
        } catch (Http2Exception impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    void reset(Http2Stream stream, Http2Error error) {
        resetStream(context(), stream.id(), error.code(), context().newPromise());
        flushSoon();
    }

    /** Lets all that is written in this turn of the loop go out at its end. */
    void flushSoon() {
        if (state != State.CLOSED) {
            lateFlush.soon();
        }
    }

    /** The stream was given something in this read. */
    void touched(Http2Upstream stream) {
        touched.add(stream);
    }

    void arm(Deadline which, long nanos) {
        pool.loop().timers().arm(which, pool.loop().now(), nanos);
    }

    // ---- the count of streams ----

    /** Whether one more request fits in, for this client. */
    boolean takes(@Nullable ClientEndpoints wanted) {
        return state == State.OPEN
                && wanted == client
                && active < settings.http2Limits().maxConcurrentStreams()
                && active < connection().local().maxActiveStreams()
                && connection().local().lastStreamCreated() < LAST_STREAM;
    }

    /** Whether the server takes upgrades (RFC 8441). */
    boolean takesUpgrades() {
        return upgrades;
    }

    /** Whether no request is on it. */
    boolean idle() {
        return active == 0;
    }

    long idleSince() {
        return liveness.idleSince();
    }

    /** A stream for a request, which counts from now on. */
    Http2Upstream stream(UpstreamListener listener) {
        if (active++ == 0) {
            pool.meters().connectionsIdle.decrement();
            liveness.taken();
        }
        pool.meters().http2StreamsOpen.increment();
        boolean reused = used;
        used = true;
        return new Http2Upstream(this, listener, reused);
    }

    /** A stream has ended. */
    void ended() {
        pool.meters().http2StreamsOpen.decrement();
        if (--active > 0 || state == State.CLOSED) {
            return;
        }
        pool.meters().connectionsIdle.increment();
        liveness.idle(pool.keepNanos());
        if (state == State.DRAINING || !pool.keepsIdle() || pool.shared().tooManyIdle()) {
            // Not at once: whoever ended the last stream is still at it.
            pool.loop().executor().execute(this::closeIfIdle);
        }
    }

    /** In good order: the server is told. */
    void closeIfIdle() {
        if (active == 0 && state != State.CLOSED) {
            leave();
            channel.close();
        }
    }

    // ---- the life of the connection ----

    /** It has been established, which took so long; there is no request on it yet. */
    void begin(long nanos) {
        state = State.OPEN;
        connectNanos = nanos;
        pool.opened(nanos);
        pool.meters().http2Connections.increment();
        pool.meters().http2ConnectionsOpen.increment();
        pool.meters().connectionsIdle.increment();
        pool.shared().add(this);
        liveness.idle(pool.keepNanos());
    }

    /** The server's settings have come, the first ones or new ones. */
    void settled(Http2Settings their) {
        if (their.connectProtocolEnabled() != null) {
            upgrades = their.connectProtocolEnabled();
        }
        if (state == State.GREETING) {
            greeting.ready(this);
        }
    }

    /** No new requests; those above {@code last} were not processed (RFC 9113 section 6.8). */
    void goAway(int last, long error) {
        pool.meters().http2GoAways.increment();
        if (state == State.GREETING) {
            reason = "the server went away: " + Http2Error.valueOf(error);
            close();
            return;
        }
        drain();
        List<Http2Upstream> refused = new ArrayList<>();
        for (Http2Upstream own : streams.all()) {
            if (own.id() > last) {
                refused.add(own);
            }
        }
        for (Http2Upstream own : refused) {
            own.refused("the server went away: " + Http2Error.valueOf(error));
        }
    }

    private void drain() {
        if (state == State.OPEN) {
            leave();
            if (active == 0) {
                pool.loop().executor().execute(this::closeIfIdle);
            }
        }
    }

    /** No further request is put on it. */
    private void leave() {
        if (state == State.OPEN) {
            state = State.DRAINING;
            pool.shared().remove(this);
        }
    }

    /** The server has left its pool. */
    void retire() {
        drain();
    }

    /** Asks the server for a sign of life. */
    void ping(long content) {
        encoder().writePing(context(), false, content, context().newPromise());
        flushSoon();
    }

    /** The server gives no sign of life. */
    void silent() {
        reason = "the server did not answer a PING";
        close();
    }

    /** A frame that carries nothing came; too many of them end the connection. */
    void idleFrame() {
        if (state != State.CLOSED
                && idleFrames.tooMany(channel.isWritable(), pool.loop().now())) {
            reason = "the server sends too many frames that carry nothing";
            goAway(
                    context(),
                    0,
                    Http2Error.ENHANCE_YOUR_CALM.code(),
                    Unpooled.EMPTY_BUFFER,
                    context().newPromise());
            close();
        }
    }

    /** At once, whatever is on it. */
    private void close() {
        if (state != State.CLOSED) {
            context().close();
        }
    }

    // ---- from the channel ----

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        pool.loop().enter();
        try {
            liveness.heard();
            pool.meters().bytesReceived.add(((ByteBuf) message).readableBytes());
            super.channelRead(ctx, message);
        } finally {
            pool.loop().leave();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
        for (int i = 0; i < touched.size(); i++) {
            touched.get(i).readComplete();
        }
        touched.clear();
        lateFlush.done();
        super.channelReadComplete(ctx);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        State before = state;
        state = State.CLOSED;
        liveness.end();
        List<Http2Upstream> left = streams.all();
        switch (before) {
            case GREETING -> greeting.failed(Cause.SERVER_CLOSED, reason);
            case OPEN, DRAINING -> {
                if (before == State.OPEN) {
                    // Without a GOAWAY before it: perhaps for having been idle.
                    liveness.ended(pool.shared().lifetime());
                }
                pool.shared().remove(this);
                pool.closed();
                pool.meters().http2ConnectionsOpen.decrement();
                if (active == 0) {
                    pool.meters().connectionsIdle.decrement();
                }
            }
            case CLOSED -> {}
        }
        super.channelInactive(ctx);
        for (Http2Upstream own : left) {
            own.connectionEnded(reason);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) throws Exception {
        if (failure instanceof ReadBuffers.ReadPaused) {
            return;
        }
        if (ConnectionFailure.isTls(failure)) {
            reason = ConnectionFailure.tls(failure).detail();
            ctx.close();
            return;
        }
        if (failure instanceof IOException) {
            // The end of the connection is told separately.
            ctx.close();
            return;
        }
        super.exceptionCaught(ctx, failure);
    }

    @Override
    protected void onConnectionError(
            ChannelHandlerContext ctx, boolean outbound, Throwable cause, @Nullable Http2Exception http2) {
        if (http2 == null && !(cause instanceof IOException)) {
            pool.upstreams().unexpected(pool.server(), cause);
        }
        reason = String.valueOf(cause.getMessage());
        super.onConnectionError(ctx, outbound, cause, http2);
    }

    @Override
    protected void onStreamError(
            ChannelHandlerContext ctx, boolean outbound, Throwable cause, Http2Exception.StreamException http2) {
        Http2Upstream own = stream(http2.streamId());
        super.onStreamError(ctx, outbound, cause, http2);
        if (own != null) {
            own.malformed(String.valueOf(cause.getMessage()));
        }
        flushSoon();
    }
}
