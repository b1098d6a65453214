package dev.weir.downstream;

import dev.weir.http2.Codec;
import dev.weir.http2.FrameSink;
import dev.weir.http2.FrameWriter;
import dev.weir.http2.IncomingHeads;
import dev.weir.http2.Sender;
import dev.weir.loop.Deadline;
import dev.weir.loop.ReadBuffers;
import dev.weir.observe.Cause;
import dev.weir.observe.Flood;
import dev.weir.pool.Server;
import dev.weir.proxy.ClientInfo;
import dev.weir.proxy.Worker;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameTypes;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection from a client (RFC 9113): the codec, what all its streams share, and its end. A request is an
 * {@link Http2ClientStream}. Confined to its loop.
 */
final class Http2Downstream extends Http2ConnectionHandler implements Downstream {
    private final Accepted connection;
    private final ListenerSettings settings;
    private final ClientInfo client;
    private final Channel channel;
    private final FrameSink sink;
    private final FrameWriter writer;
    private final FrameIntake intake;
    private final Goodbye goodbye = new Goodbye(this);
    private final ClientStreams streams;
    private final Deadline deadline = new Deadline(this::expired);
    private final List<Object> nothing = new ArrayList<>(0);

    private @Nullable ChannelHandlerContext context;
    private @Nullable Http2Output output;
    /** Over, or left to {@link Lingering}. */
    private boolean closed;

    private Http2Downstream(Accepted connection, ClientInfo client, Codec codec) {
        super(codec.decoder(), codec.encoder(), connection.settings().announced(codec.listBytes()), true, true);
        this.connection = connection;
        this.settings = connection.settings();
        this.client = client;
        this.channel = connection.channel();
        this.sink = codec.sink();
        this.writer = codec.writer();
        this.intake = new FrameIntake(connection, codec.blockBytes(), this::headExpired);
        this.streams = new ClientStreams(this, connection());
        writer.tell(this::sent);
        decoder().frameListener(new Http2Frames(this));
        encoder().flowController().listener(streams::writabilityChanged);
        client.speaksHttp2();
    }

    static Http2Downstream of(Accepted connection, ClientInfo client) {
        Worker worker = connection.worker();
        ListenerSettings settings = connection.settings();
        FrameSink sink = new FrameSink(worker.loop(), worker.meters().bytesSent::add);
        Codec codec = Codec.ofServer(settings.headLimits(), settings.http2().headerTable(), sink);
        return new Http2Downstream(connection, client, codec);
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

    IncomingHeads incoming() {
        return connection.connections().incoming();
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
        Http2Output out = new Http2Output(connection, this, ctx, new Sender(this, writer, ctx));
        output = out;
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
        out.flushNow();
        if (connection.closing()) {
            drain();
        }
    }

    // ---- reading ----

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        worker().loop().enter();
        output().reading(true);
        try {
            worker().meters().bytesReceived.add(in.readableBytes());
            read(in);
        } finally {
            output().reading(false);
            worker().loop().leave();
            in.release();
        }
    }

    private void read(ByteBuf in) {
        ByteBuf frames;
        while (!closed && (frames = intake.next(in)) != null) {
            decode(frames);
        }
        Flood found = intake.flood();
        if (found != null && !closed) {
            calm(found);
        }
        if (!closed) {
            intake.watch();
        }
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
        if (closed) {
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
            while (frames.isReadable() && frames.readerIndex() != before && !closed) {
                before = frames.readerIndex();
                decode(context(), frames, nothing);
            }
        } catch (Exception failure) {
            onError(context(), false, failure);
        } finally {
            frames.release();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        streams.readComplete();
        output().flushNow();
    }

    // ---- streams ----

    ClientStreams streams() {
        return streams;
    }

    /** A stream has begun. */
    void busy() {
        if (!goodbye.begun()) {
            deadline.disarm();
        }
    }

    /** The last stream has ended. */
    void idle() {
        if (closed) {
            return;
        }
        if (goodbye.said()) {
            // Not at once: whoever closed the last stream is still at it.
            later(this::end);
        } else if (!goodbye.begun()) {
            arm(deadline, settings.keepAliveNanos());
        }
    }

    private void sent(int streamId, int bytes) {
        intake.sent(bytes);
        streams.sent(streamId, bytes);
    }

    Http2Output output() {
        return Objects.requireNonNull(output, "not yet added to a channel");
    }

    /** When what is happening now is over. */
    void later(Runnable task) {
        worker().loop().executor().execute(task);
    }

    // ---- errors ----

    @Override
    protected void onStreamError(
            ChannelHandlerContext ctx, boolean outbound, Throwable cause, Http2Exception.StreamException failure) {
        int id = failure.streamId();
        if (outbound || closed) {
            return;
        }
        Http2ClientStream stream = streams.of(id);
        if (stream == null && output().wasReset(id)) {
            return;
        }
        Http2Error error = failure.error();
        if (intake.frameType() == Http2FrameTypes.HEADERS && stream == null && error == Http2Error.STREAM_CLOSED) {
            // RFC 9113 section 5.1: of a stream that is over no more can come.
            giveUp(error, Cause.REQUEST_MALFORMED, "a stream that is over goes on");
            return;
        }
        if (stream != null) {
            boolean behindEnd = intake.frameType() == Http2FrameTypes.HEADERS && stream.requestEnded();
            error = behindEnd ? Http2Error.STREAM_CLOSED : error;
            stream.violated();
        }
        boolean announced = goodbye.begun() && error == Http2Error.REFUSED_STREAM;
        streamError(id, error, !announced);
    }

    /** Resets a stream because of what the client did. */
    void streamError(int id, Http2Error why, boolean counted) {
        output().reset(id, why);
        if (counted) {
            intake.streamError();
        }
    }

    @Override
    protected void onConnectionError(
            ChannelHandlerContext ctx, boolean outbound, Throwable cause, @Nullable Http2Exception failure) {
        if (closed) {
            return;
        }
        if (failure == null) {
            ClientEnd.unexpected(connection, cause);
        }
        Http2Error error = failure == null ? Http2Error.INTERNAL_ERROR : failure.error();
        if (outbound) {
            // In the middle of a write, and whoever writes expects the exchange to be there afterwards.
            later(() -> giveUp(error, Cause.INTERNAL, ""));
        } else {
            if (streams.isEmpty()) {
                // No request will tell of it.
                worker().meters().cause(Cause.REQUEST_MALFORMED);
            }
            giveUp(error, Cause.REQUEST_MALFORMED, failure == null ? "" : rule(failure));
        }
    }

    /** What was broken, by the codec's message without the objects that some name at their end. */
    private static String rule(Http2Exception failure) {
        return String.valueOf(failure.getMessage()).split("[!(]", 2)[0];
    }

    private void calm(Flood found) {
        worker().meters().flood(found);
        FloodLog log = connection.connections().floods();
        log.calmed(settings.name(), client.address(), found, worker().loop().now());
        giveUp(Http2Error.ENHANCE_YOUR_CALM, Cause.REQUEST_MALFORMED, "too much: " + found.id());
    }

    /** Ends all streams and the connection, and says why: to who reads logs of the client, by {@code debug} too. */
    private void giveUp(Http2Error why, Cause cause, String debug) {
        if (closed) {
            return;
        }
        output().goAway(lastStream(), why, debug);
        failStreams(cause);
        end();
    }

    // ---- time ----

    private void expired() {
        // Idle, or still without its first request.
        giveUp(Http2Error.NO_ERROR, Cause.CLIENT_ABORTED, "");
    }

    private void headExpired() {
        worker().meters().cause(Cause.REQUEST_HEAD_TIMEOUT);
        giveUp(Http2Error.NO_ERROR, Cause.CLIENT_ABORTED, "a frame or a head was not complete in time");
    }

    // ---- the end ----

    @Override
    public Accepted accepted() {
        return connection;
    }

    @Override
    public void drain() {
        if (!closed) {
            deadline.disarm();
            goodbye.begin();
        }
    }

    /** The number of the last stream that the client has begun. */
    int lastStream() {
        return connection().remote().lastStreamCreated();
    }

    /** No further stream is accepted: without one this ends, else with the last. */
    void endIfIdle() {
        if (streams.isEmpty()) {
            later(this::end);
        }
    }

    /** The client knows the settings. Its streams are counted here, see {@link ClientStreams#crowded}. */
    void settled() {
        connection().remote().maxActiveStreams(Integer.MAX_VALUE);
    }

    void pingAcknowledged(long data) {
        if (!closed) {
            goodbye.acknowledged(data);
        }
    }

    @Override
    public void cutRequests() {
        if (streams.anyTunnel()) {
            streams.cutRequests();
        } else {
            cut();
        }
    }

    @Override
    public void endTunnels() {
        streams.endTunnels();
    }

    @Override
    public void cutFrom(Server gone) {
        streams.cutFrom(gone);
    }

    @Override
    public void cut() {
        failStreams(Cause.STOPPING);
        close();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (ClientEnd.isToldBy(event) && !closed) {
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
        if (!closed) {
            streams.fail(cause);
        }
    }

    /** In order: what is written is sent, and the client may read it. */
    private void end() {
        if (closed) {
            return;
        }
        output().flushNow();
        leave();
        connection.handOver(this, new Lingering(connection, sink.out(), false, false));
    }

    private void close() {
        if (closed) {
            return;
        }
        leave();
        connection.closed(this);
        sink.out().discard();
        channel.close();
    }

    private void leave() {
        closed = true;
        output().close();
        remove(deadline);
        goodbye.close();
        intake.close();
        encoder().close();
        decoder().close();
        connection().close(channel.newPromise());
    }
}
