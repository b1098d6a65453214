package dev.weir.downstream;

import dev.weir.http2.Codec;
import dev.weir.http2.FrameSink;
import dev.weir.http2.FrameWriter;
import dev.weir.http2.IncomingHeads;
import dev.weir.http2.OutgoingHeads;
import dev.weir.http2.Sender;
import dev.weir.http2.Streams;
import dev.weir.loop.Deadline;
import dev.weir.loop.LateFlush;
import dev.weir.loop.ReadBuffers;
import dev.weir.observe.Cause;
import dev.weir.observe.Flood;
import dev.weir.pool.Server;
import dev.weir.proxy.ClientInfo;
import dev.weir.proxy.Worker;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameTypes;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection from a client (RFC 9113): the codec, what all its streams share, and its end. A request is an
 * {@link Http2ClientStream}. Confined to its loop.
 */
final class Http2Downstream extends Http2ConnectionHandler implements Downstream {
    private static final int PREFACE = 24;
    private static final int REMEMBERED_RESETS = 64;
    private static final long DRAIN_PING = 0x7765_6972_2d67_6f61L;
    private static final long DRAIN_PING_NANOS = 1_000_000_000;

    private enum State {
        OPEN,
        /** Weir stops: the client has been told, but may not have heard yet. */
        ANNOUNCED,
        /** No further stream is accepted; the last one to end ends the connection. */
        DRAINING,
        /** Over, or left to {@link Lingering}. */
        CLOSED
    }

    private final Accepted connection;
    private final ListenerSettings settings;
    private final ClientInfo client;
    private final Channel channel;
    private final byte[] hsts;
    private final FrameSink sink;
    private final FrameWriter writer;
    private final FrameCutter cutter;
    private final FloodGuard guard;
    private final Streams<Http2ClientStream> streams;
    private final Deadline deadline = new Deadline(this::expired);
    private final Deadline headDeadline = new Deadline(this::headExpired);
    private final LateFlush lateFlush;
    /** Streams that were given content in the present read. */
    private final List<Http2ClientStream> touched = new ArrayList<>();
    /** Streams that Weir reset lately: what the client had sent before it knew is no error of its. */
    private final int[] reset = new int[REMEMBERED_RESETS];

    private final List<Object> nothing = new ArrayList<>(0);

    private State state = State.OPEN;
    private @Nullable ChannelHandlerContext context;
    private @Nullable Sender sender;
    private @Nullable Flood flood;
    /** Of the frame that is being decoded. */
    private int frameType;

    private int resets;
    private int prefaceLeft = PREFACE;
    private boolean reading;

    private Http2Downstream(Accepted connection, ClientInfo client, Codec codec) {
        super(codec.decoder(), codec.encoder(), announced(connection.settings(), codec), true, true);
        this.connection = connection;
        this.settings = connection.settings();
        this.client = client;
        this.channel = connection.channel();
        this.hsts = settings.hsts().getBytes(StandardCharsets.US_ASCII);
        this.sink = codec.sink();
        this.writer = codec.writer();
        this.cutter = new FrameCutter(channel.alloc(), this::watch);
        this.guard = new FloodGuard(
                settings.http2(),
                codec.blockBytes(),
                connection.worker().loop().now());
        this.lateFlush = new LateFlush(worker().loop(), this::flushNow);
        this.streams = new Streams<>(connection());
        writer.tell(this::sent);
        decoder().frameListener(new Http2Frames(this));
        connection().addListener(new StreamEvents());
        encoder().flowController().listener(this::writabilityChanged);
        client.speaksHttp2();
    }

    static Http2Downstream of(Accepted connection, ClientInfo client) {
        Worker worker = connection.worker();
        ListenerSettings settings = connection.settings();
        FrameSink sink = new FrameSink(worker.loop(), worker.meters().bytesSent::add);
        Codec codec = Codec.ofServer(settings.headLimits(), settings.http2().headerTable(), sink);
        return new Http2Downstream(connection, client, codec);
    }

    private static Http2Settings announced(ListenerSettings listener, Codec codec) {
        Http2Settings settings = new Http2Settings()
                .maxConcurrentStreams(listener.http2().maxConcurrentStreams())
                .initialWindowSize(listener.http2().streamWindow())
                .maxHeaderListSize(codec.listBytes())
                .connectProtocolEnabled(true);
        settings.headerTableSize(listener.http2().headerTable());
        return settings;
    }

    Worker worker() {
        return connection.worker();
    }

    ListenerSettings settings() {
        return settings;
    }

    ClientInfo client() {
        return client;
    }

    /** The line of each response that tells of HTTPS; empty for none. */
    byte[] hsts() {
        return hsts;
    }

    IncomingHeads incoming() {
        return connection.connections().incoming();
    }

    OutgoingHeads outgoing() {
        return connection.connections().outgoing();
    }

    private ChannelHandlerContext context() {
        return Objects.requireNonNull(context, "not yet added to a channel");
    }

    void arm(Deadline which, long nanos) {
        connection.arm(which, nanos);
    }

    void remove(Deadline which) {
        connection.remove(which);
    }

    // ---- the beginning ----

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
        context = ctx;
        sender = new Sender(this, writer, ctx);
        ctx.pipeline().addBefore(ctx.name(), null, sink);
        connection.opened(this);
        worker().meters().http2Connections.increment();
        super.handlerAdded(ctx);
        Http2Stream whole = connection().connectionStream();
        int more =
                settings.http2().connectionWindow() - decoder().flowController().windowSize(whole);
        if (more > 0) {
            decoder().flowController().incrementWindowSize(whole, more);
        }
        arm(deadline, settings.requestHeadNanos());
        flushNow();
        if (connection.closing()) {
            drain();
        }
    }

    // ---- reading ----

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        worker().loop().enter();
        reading = true;
        try {
            worker().meters().bytesReceived.add(in.readableBytes());
            read(in);
        } finally {
            reading = false;
            worker().loop().leave();
            in.release();
        }
    }

    private void read(ByteBuf in) {
        if (prefaceLeft > 0 && state != State.CLOSED) {
            int length = Math.min(prefaceLeft, in.readableBytes());
            prefaceLeft -= length;
            decode(in.readRetainedSlice(length));
        }
        ByteBuf frames;
        while (state != State.CLOSED && flood == null && (frames = cutter.next(in)) != null) {
            decode(frames);
        }
        Flood found = flood;
        if (found != null && state != State.CLOSED) {
            calm(found);
        }
        watchHead();
        pauseIfUnread();
    }

    /**
     * A client that sends requests and takes no responses is not listened to, lest their heads, which know no window,
     * fill the memory. Content alone never comes to this much.
     */
    private void pauseIfUnread() {
        ChannelOutboundBuffer waiting = channel.unsafe().outboundBuffer();
        if (waiting != null && waiting.totalPendingWriteBytes() > 2L * settings.bufferBytes()) {
            channel.config().setAutoRead(false);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) throws Exception {
        if (state == State.CLOSED) {
            return;
        }
        super.channelWritabilityChanged(ctx);
        if (channel.isWritable() && !channel.config().isAutoRead()) {
            channel.config().setAutoRead(true);
        }
    }

    private void decode(ByteBuf frames) {
        try {
            int before = -1;
            // An error of one stream ends the decoding of one frame only.
            while (frames.isReadable() && frames.readerIndex() != before && state != State.CLOSED) {
                before = frames.readerIndex();
                decode(context(), frames, nothing);
            }
        } catch (Exception failure) {
            onError(context(), false, failure);
        } finally {
            frames.release();
        }
    }

    /** Each frame's header passes here before the frame is decoded. */
    private boolean watch(int type, int flags, int length) {
        frameType = type;
        if (flood == null) {
            flood = guard.frame(
                    type, flags, length, channel.isWritable(), worker().loop().now());
        }
        return flood == null;
    }

    /** A head that came in part, or a part of any frame but content, has a time to be completed in. */
    private void watchHead() {
        if (state == State.CLOSED) {
            return;
        }
        if (!guard.inHeaderBlock() && !cutter.incomplete()) {
            headDeadline.disarm();
        } else if (!headDeadline.armed()) {
            arm(headDeadline, settings.requestHeadNanos());
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        for (int i = 0; i < touched.size(); i++) {
            touched.get(i).readComplete();
        }
        touched.clear();
        flushNow();
    }

    /** The stream was given content in this read. */
    void touched(Http2ClientStream stream) {
        touched.add(stream);
    }

    // ---- streams ----

    /** Whether there are more streams than there may be; the codec's own bound forgets the ones it refuses. */
    boolean crowded() {
        return connection().numActiveStreams() > settings.http2().maxConcurrentStreams();
    }

    @Nullable Http2ClientStream stream(int id) {
        return streams.of(id);
    }

    /** The first header block of a stream. */
    Http2ClientStream opened(int id) {
        Http2Stream stream = Objects.requireNonNull(connection().stream(id));
        Http2ClientStream opened = new Http2ClientStream(this, stream);
        streams.put(stream, opened);
        return opened;
    }

    private final class StreamEvents extends Http2ConnectionAdapter {
        @Override
        public void onStreamActive(Http2Stream stream) {
            worker().meters().http2StreamsOpen.increment();
            if (state == State.OPEN) {
                deadline.disarm();
            }
        }

        @Override
        public void onStreamClosed(Http2Stream stream) {
            worker().meters().http2StreamsOpen.decrement();
            Http2ClientStream closed = streams.of(stream);
            if (closed != null) {
                closed.closed();
            }
            if (connection().numActiveStreams() == 0) {
                idle();
            }
        }
    }

    private void idle() {
        switch (state) {
            case OPEN -> arm(deadline, settings.keepAliveNanos());
            // Not at once: whoever closed the last stream is still at it.
            case DRAINING -> later(this::end);
            case ANNOUNCED, CLOSED -> {}
        }
    }

    private void sent(int streamId, int bytes) {
        guard.sent(bytes);
        Http2ClientStream stream = stream(streamId);
        if (stream != null) {
            stream.sent(bytes);
        }
    }

    private void writabilityChanged(Http2Stream stream) {
        Http2ClientStream changed = streams.of(stream);
        if (changed != null) {
            changed.writabilityChanged();
        }
    }

    // ---- what streams send ----

    boolean writable(Http2Stream stream) {
        return state != State.CLOSED && encoder().flowController().isWritable(stream);
    }

    /** How much the client's windows let through at once. */
    int room(Http2Stream stream) {
        Http2RemoteFlowController flow = encoder().flowController();
        return state == State.CLOSED || flow.hasFlowControlled(stream)
                ? 0
                : Math.min(flow.windowSize(stream), flow.windowSize(connection().connectionStream()));
    }

    /** Whether something of the stream waits for room. */
    boolean waiting(Http2Stream stream) {
        return state != State.CLOSED && encoder().flowController().hasFlowControlled(stream);
    }

    Sender sender() {
        return Objects.requireNonNull(sender, "not yet added to a channel");
    }

    void resetStream(Http2Stream stream, Http2Error why) {
        if (state != State.CLOSED) {
            reset[resets++ % REMEMBERED_RESETS] = stream.id();
            encoder().writeRstStream(context(), stream.id(), why.code(), channel.newPromise());
            flush();
        }
    }

    /** Frames what was written as far as there is room for it, without sending it yet. */
    void write() {
        try {
            encoder().flowController().writePendingBytes();
        } catch (Http2Exception failure) {
            onError(context(), true, failure);
        }
    }

    /** When what is happening now is over. */
    void later(Runnable task) {
        worker().loop().executor().execute(task);
    }

    /** Gives the client back the room that so many bytes took. */
    void consumed(Http2Stream stream, int bytes) {
        try {
            if (state != State.CLOSED && decoder().flowController().consumeBytes(stream, bytes)) {
                flush();
            }
        } catch (Http2Exception failure) {
            onError(context(), true, failure);
        }
    }

    /** Flushes once for all that is written in this turn of the loop. */
    void flush() {
        if (!reading) {
            lateFlush.soon();
        }
    }

    /** What was written until now leaves as far as there is room for it. */
    void flushNow() {
        lateFlush.done();
        if (state != State.CLOSED) {
            flush(context());
        }
    }

    // ---- errors ----

    @Override
    protected void onStreamError(
            ChannelHandlerContext ctx, boolean outbound, Throwable cause, Http2Exception.StreamException failure) {
        int id = failure.streamId();
        if (outbound || state == State.CLOSED) {
            return;
        }
        Http2ClientStream stream = stream(id);
        if (stream == null && wasReset(id)) {
            return;
        }
        Http2Error error = failure.error();
        if (frameType == Http2FrameTypes.HEADERS && stream == null && error == Http2Error.STREAM_CLOSED) {
            // RFC 9113 section 5.1: of a stream that is over no more can come.
            giveUp(error, Cause.REQUEST_MALFORMED);
            return;
        }
        if (stream != null) {
            boolean behindEnd = frameType == Http2FrameTypes.HEADERS && stream.requestEnded();
            error = behindEnd ? Http2Error.STREAM_CLOSED : error;
            stream.violated();
        }
        boolean announced = state != State.OPEN && error == Http2Error.REFUSED_STREAM;
        streamError(id, error, !announced);
    }

    /** Resets a stream because of what the client did. */
    void streamError(int id, Http2Error why, boolean counted) {
        reset[resets++ % REMEMBERED_RESETS] = id;
        encoder().writeRstStream(context(), id, why.code(), channel.newPromise());
        if (counted && flood == null) {
            flood = guard.streamError();
        }
        flush();
    }

    private boolean wasReset(int id) {
        for (int each : reset) {
            if (each == id) {
                return true;
            }
        }
        return false;
    }

    @Override
    protected void onConnectionError(
            ChannelHandlerContext ctx, boolean outbound, Throwable cause, @Nullable Http2Exception failure) {
        if (state == State.CLOSED) {
            return;
        }
        if (failure == null) {
            ClientEnd.unexpected(connection, cause);
        }
        Http2Error error = failure == null ? Http2Error.INTERNAL_ERROR : failure.error();
        if (outbound) {
            // In the middle of a write, and whoever writes expects the exchange to be there afterwards.
            later(() -> giveUp(error, Cause.INTERNAL));
        } else {
            giveUp(error, Cause.REQUEST_MALFORMED);
        }
    }

    private void calm(Flood found) {
        worker().meters().flood(found);
        giveUp(Http2Error.ENHANCE_YOUR_CALM, Cause.REQUEST_MALFORMED);
    }

    /** Ends all streams and the connection, and says why. */
    private void giveUp(Http2Error why, Cause cause) {
        if (state == State.CLOSED) {
            return;
        }
        int last = connection().remote().lastStreamCreated();
        encoder().frameWriter().writeGoAway(context(), last, why.code(), Unpooled.EMPTY_BUFFER, channel.newPromise());
        failStreams(cause);
        end();
    }

    // ---- time ----

    private void expired() {
        switch (state) {
            // Idle, or still without its first request.
            case OPEN -> giveUp(Http2Error.NO_ERROR, Cause.CLIENT_ABORTED);
            case ANNOUNCED -> lastStream();
            case DRAINING, CLOSED -> {}
        }
    }

    private void headExpired() {
        worker().meters().cause(Cause.REQUEST_HEAD_TIMEOUT);
        giveUp(Http2Error.NO_ERROR, Cause.CLIENT_ABORTED);
    }

    // ---- the end ----

    /**
     * Weir stops. A client may have sent a request that is still on its way, so it is first told only that the end
     * comes, and when it must have heard of it, which stream was the last (RFC 9113 section 6.8).
     */
    @Override
    public Accepted accepted() {
        return connection;
    }

    @Override
    public void drain() {
        if (state != State.OPEN) {
            return;
        }
        state = State.ANNOUNCED;
        goAway(context(), Integer.MAX_VALUE, Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER, channel.newPromise());
        encoder().writePing(context(), false, DRAIN_PING, channel.newPromise());
        arm(deadline, DRAIN_PING_NANOS);
        flushNow();
    }

    /** The client knows the settings. Its streams are counted here, see {@link #crowded}. */
    void settled() {
        connection().remote().maxActiveStreams(Integer.MAX_VALUE);
    }

    void pingAcknowledged(long data) {
        if (state == State.ANNOUNCED && data == DRAIN_PING) {
            lastStream();
        }
    }

    private void lastStream() {
        state = State.DRAINING;
        int last = connection().remote().lastStreamCreated();
        goAway(context(), last, Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER, channel.newPromise());
        deadline.disarm();
        flushNow();
        if (connection().numActiveStreams() == 0) {
            later(this::end);
        }
    }

    @Override
    public void cutRequests() {
        List<Http2ClientStream> open = open();
        if (open.stream().noneMatch(Http2ClientStream::inTunnel)) {
            cut();
            return;
        }
        for (Http2ClientStream stream : open) {
            if (!stream.inTunnel()) {
                stream.cut();
            }
        }
    }

    @Override
    public void endTunnels() {
        open().forEach(Http2ClientStream::endTunnel);
    }

    @Override
    public void cutFrom(Server gone) {
        open().forEach(stream -> stream.cutFrom(gone));
    }

    @Override
    public void cut() {
        failStreams(Cause.STOPPING);
        close();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (ClientEnd.isToldBy(event) && state != State.CLOSED) {
            // Without its sending side a client can take no response of any length.
            failStreams(Cause.CLIENT_ABORTED);
            close();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        failStreams(Cause.CLIENT_ABORTED);
        close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
        if (failure instanceof ReadBuffers.ReadPaused) {
            return;
        }
        if (!ClientEnd.isBreak(failure)) {
            ClientEnd.unexpected(connection, failure);
        }
        // Perhaps in the middle of a write, and whoever writes expects the exchange to be there afterwards.
        later(() -> {
            failStreams(Cause.CLIENT_ABORTED);
            close();
        });
    }

    private void failStreams(Cause cause) {
        open().forEach(stream -> stream.failed(cause));
    }

    private List<Http2ClientStream> open() {
        return state == State.CLOSED ? List.of() : streams.all();
    }

    /** In order: what is written is sent, and the client may read it. */
    private void end() {
        if (state == State.CLOSED) {
            return;
        }
        flushNow();
        leave();
        connection.handOver(this, new Lingering(connection, sink.out(), false, false));
    }

    private void close() {
        if (state == State.CLOSED) {
            return;
        }
        leave();
        connection.closed(this);
        sink.out().discard();
        channel.close();
    }

    private void leave() {
        state = State.CLOSED;
        remove(deadline);
        remove(headDeadline);
        cutter.close();
        encoder().close();
        decoder().close();
        connection().close(channel.newPromise());
    }
}
