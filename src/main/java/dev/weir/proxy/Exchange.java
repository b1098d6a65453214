package dev.weir.proxy;

import dev.weir.balance.Choice;
import dev.weir.balance.Pool;
import dev.weir.http.BodyFraming;
import dev.weir.http.Field;
import dev.weir.http.Headers;
import dev.weir.http.Method;
import dev.weir.http.RequestHead;
import dev.weir.http.ResponseHead;
import dev.weir.observe.Cause;
import dev.weir.pool.Server;
import dev.weir.upstream.Delivery;
import dev.weir.upstream.UpstreamStream;
import io.netty.buffer.ByteBuf;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The whole life of one request, from its head to its last byte, whichever protocol is spoken on either side:
 *
 * <pre>
 *   begin     the head is there: find the route, choose a server
 *   send      a connection is there: head, held content, the rest as it comes
 *   respond   the server's head is there: it is passed on, or held until a short answer is complete
 *   passHead  the client gets it: from here on nothing is tried again
 *   finish    exactly once: counted, logged, given back
 * </pre>
 *
 * A failure before {@code passHead} is answered by another attempt where that is provably safe ({@link Retry}), else by
 * Weir itself ({@link ErrorResponse}); a failure after it cuts the client's connection, so that a part never looks like the whole.
 *
 * <p>Confined to its event loop, and used again for another request after {@code finish}.
 */
public final class Exchange {
    /** Pieces of content from which on the client's side is asked for what it takes at once. */
    private static final int LARGE = 32 << 10;

    /** A client that takes so much at once is not behind. */
    private static final int ROOMY = 256 << 10;

    final Worker worker;
    private final RequestHead request = new RequestHead();
    private final HeldBody held = new HeldBody();
    private final HeldAnswer answer = new HeldAnswer(this);
    private final Retry retry = new Retry(this);
    private final CallTime callTime = new CallTime(this::callTimeOver);
    private final Choice choice;
    private final ServerWait wait = new ServerWait(this);

    /** The attempt that counts; beside it, while both wait for an answer, there may be a {@link Hedge}'s. */
    private Attempt attempt = new Attempt(this);

    private final Hedge hedge = new Hedge(this);

    private @Nullable ClientStream client;
    private RequestPlan.@Nullable Destination destination;
    private Headers requestTrailers = Headers.EMPTY;
    private boolean requestComplete;
    private boolean responding;
    private boolean passing;
    private boolean tunnel;
    private boolean serverHalfEnded;
    private boolean requestWhole;
    /** The client takes less than one read brings. */
    private boolean behind;

    // What the log and the metrics say in the end.
    long startNanos;
    long connectNanos;
    long firstByteNanos;
    long requestBytes;
    long responseBytes;
    int attempts;
    int status;
    boolean reusedConnection;

    @Nullable Cause cause;

    Exchange(Worker worker, Choice choice) {
        this.worker = worker;
        this.choice = choice;
    }

    // ---- the client's side ----

    /** To be filled by the client's protocol; then {@link #begin} or {@link #refuse}. */
    public RequestHead request() {
        return request;
    }

    void open(ClientStream stream) {
        client = stream;
        startNanos = worker.now();
        connectNanos = -1;
        firstByteNanos = -1;
        worker.meters().requestsInFlight.increment();
    }

    /** The head is complete. */
    public void begin() {
        if (request.method() == Method.CONNECT) {
            // Not known to be complete: the client may go on as if it had its tunnel, so the connection closes.
            refuse(Cause.METHOD_REFUSED, "");
            return;
        }
        requestComplete = request.framing() != BodyFraming.CHUNKED && request.contentLength() <= 0;
        RequestPlan plan = worker.plan();
        String proof = AcmeRequest.answer(request, plan.proofs());
        if (proof != null) {
            refuse(Cause.ACME_CHALLENGE, proof);
            return;
        }
        int https = client().client().redirectPort();
        if (https != 0) {
            redirect(https);
            return;
        }
        if (request.headers().has(Field.GRPC_TIMEOUT) && Grpc.isCall(request) && !startCall()) {
            return;
        }
        int route = plan.routes().match(request);
        if (route < 0) {
            refuse(Cause.NO_ROUTE, "");
            return;
        }
        head(plan.destination(route));
    }

    private void head(RequestPlan.Destination to) {
        destination = to;
        to.budget().arrived(worker.loop().index());
        tryServer(Cause.NO_SERVER);
    }

    /**
     * The client's connection goes to a server of this pool as it is, from its first byte on: there is no head to read,
     * and no answer that Weir could give.
     */
    public void pass(String pool) {
        passing = true;
        head(worker.plan().pool(pool));
    }

    boolean passing() {
        return passing;
    }

    private void redirect(int port) {
        String location = HttpsRedirect.location(request, port);
        if (location.isEmpty()) {
            refuse(Cause.REQUEST_MALFORMED, "Without a host it cannot be redirected to https.");
        } else {
            refuse(Cause.HTTPS_REDIRECT, location);
        }
    }

    /** False when there is no time for the call, which has been answered then. */
    private boolean startCall() {
        if (!callTime.start(request.headers(), startNanos, worker.loop().timers())) {
            refuse(Cause.REQUEST_MALFORMED, "The value of grpc-timeout is malformed.");
            return false;
        }
        if (callTime.isOver(worker.now())) {
            refuse(Cause.CALL_DEADLINE, "");
            return false;
        }
        return true;
    }

    private void callTimeOver() {
        if (responding) {
            attempt.cancel();
            finish(Cause.CALL_DEADLINE).abort();
        } else {
            refuse(Cause.CALL_DEADLINE, "");
        }
    }

    /** {@code length} bytes of content lie at the reader index of {@code in}; exactly these are consumed. */
    public void requestData(ByteBuf in, int length) {
        requestBytes += length;
        UpstreamStream stream = attempt.stream();
        if (stream != null) {
            if (!tunnel) {
                held.keep(in, length, destination().retry().bodyBytes());
            }
            stream.sendData(in, length);
            if (!stream.writable()) {
                stream.flush();
                client().reading(stream.writable());
            }
            return;
        }
        // Still connecting: what came with the head is needed whatever its size, the rest waits in the kernel.
        held.keep(in, length, Integer.MAX_VALUE);
        in.skipBytes(length);
        if (held.bytes() >= destination().retry().bodyBytes()) {
            client().reading(false);
        }
    }

    /** The request, or the client's half of a tunnel, is complete. */
    public void requestEnd(Headers trailers) {
        requestComplete = true;
        requestTrailers = trailers;
        UpstreamStream stream = attempt.stream();
        if (stream != null) {
            stream.sendEnd(trailers);
        }
        if (tunnel && serverHalfEnded) {
            attempt.cancel();
            finish(null).done();
        }
    }

    /** What came in one go has been handed over. */
    public void requestReadComplete() {
        UpstreamStream stream = attempt.stream();
        if (stream != null && (tunnel || !requestComplete)) {
            stream.flush();
        }
    }

    /** The client takes response bytes again. */
    public void clientWritable() {
        UpstreamStream stream = attempt.stream();
        if (stream != null) {
            stream.reading(true);
        }
    }

    /** Whether the client has been sent a part of the response. */
    public boolean responding() {
        return responding;
    }

    /** Weir answers the request itself. */
    public void refuse(Cause why, String detail) {
        stop();
        if (passing) {
            finish(why).abort();
            return;
        }
        held.letGo();
        ClientStream stream = client();
        status = ErrorResponse.status(request, why);
        responseBytes = worker.errors().send(request, why, detail, requestComplete, stream);
        finish(why).done();
    }

    private void stop() {
        wait.cancel();
        retry.cancel();
        answer.drop();
        hedge.cancel();
        attempt.cancel();
    }

    /** From now on another stands for the client: its connection has become a tunnel. */
    public void servedBy(ClientStream stream) {
        client = stream;
    }

    /** Nothing of a request came after all: this leaves no trace. */
    public void abandon() {
        worker.meters().requestsInFlight.decrement();
        clear();
    }

    /** The client is gone, or given up: nothing can be sent to it any more. */
    public void clientFailed(Cause why) {
        stop();
        finish(why);
    }

    // ---- the server's side ----

    /** {@code why}: the failure that leads here, or {@link Cause#NO_SERVER}. */
    void tryServer(Cause why) {
        Pool pool = destination().pool();
        boolean overtaking = attempts == 0 && pool.line().length() > 0;
        Server server = overtaking ? null : chooseServer();
        if (server != null) {
            start(server);
        } else if (overtaking || !pool.admits()) {
            choice.clear(); // those tried may be back by then
            if (!wait.begin(pool, why)) {
                refuse(why == Cause.NO_SERVER && pool.up() ? Cause.QUEUE_FULL : why, "");
            }
        } else {
            refuse(why, "");
        }
    }

    private void start(Server server) {
        boolean first = attempts == 0;
        begin(attempt, server, false);
        if (first && !passing) {
            hedge.begin(destination().hedging());
        }
    }

    private void begin(Attempt which, Server server, boolean fresh) {
        choice.exclude(server);
        attempts++;
        which.start(server, fresh, attempts > 1);
    }

    /** Starts one more attempt beside the one that has not been answered; false when that cannot be. */
    boolean startBeside(Attempt second, Hedging hedging) {
        if (responding || answer.holding() || !attempt.live() || !mayRepeat() || !retry.left()) {
            return false;
        }
        Server other = chooseServer();
        if (other == null) {
            return false;
        }
        if (!hedging.share().tryTake(worker.now()) || !retry.takeCredit()) {
            other.end();
            return false;
        }
        begin(second, other, false);
        return true;
    }

    /** There may be a server now for which this has waited. */
    void resume() {
        Server server = chooseServer();
        if (server == null) {
            wait.goOn();
        } else {
            wait.served();
            start(server);
        }
    }

    void waitedInVain(Cause why) {
        Cause first = wait.reason();
        refuse(why, first == Cause.NO_SERVER ? "" : "Before that: " + first.text());
    }

    /** Counted in at the server that is chosen; null when none takes the request. */
    private @Nullable Server chooseServer() {
        Pool pool = destination().pool();
        Server server = pool.pick(choice);
        while (server != null && !server.tryBegin()) {
            server = pool.pick(choice); // another loop took the last place
        }
        return server;
    }

    /**
     * Nothing more is to come from this server: if the request waits for its answer, it is tried elsewhere where that is
     * safe.
     *
     * @return whether the server is needed still, so that only the end of the client's connection can end this
     */
    public boolean leave(Server gone) {
        if (isWith(gone)) {
            attempt.giveUp();
        }
        return isWith(gone);
    }

    private boolean isWith(Server one) {
        return attempt.live() && one.equals(attempt.server());
    }

    /** Whether all of the request had come when it was sent, so that the time to its answer is the server's. */
    boolean requestWhole() {
        return requestWhole;
    }

    /** Whether the request may be sent again though a server may have seen it (RFC 9110 section 9.2.2). */
    boolean replayable() {
        return request.method().idempotent();
    }

    /** Whether the request is all here, and may be sent once more though a server has it. */
    boolean mayRepeat() {
        return requestComplete && replayable() && held.whole() && !request.upgrade();
    }

    /** Whether the whole body will be there for another attempt. */
    boolean holdable() {
        return switch (request.framing()) {
            case NONE -> true;
            case LENGTH -> request.contentLength() <= destination().retry().bodyBytes();
            case CHUNKED, UNTIL_CLOSE -> false;
        };
    }

    /** Sends what there is of the request. Nothing is flushed if more has to come, which may lie right behind the head. */
    void send(UpstreamStream stream) {
        requestWhole = requestComplete;
        if (passing) {
            passOn(stream);
            return;
        }
        ClientInfo from = client().client();
        ForwardedFields.write(request, from, worker.sink());
        long drop = ForwardedFields.dropMask(from);
        if (request.minorVersion() == 0) {
            drop |= Field.EXPECT.mask;
        }
        callTime.put(worker.now(), worker.sink());
        stream.sendHead(request, drop | callTime.dropMask(), worker.sink());
        held.replay(stream);
        if (held.bytes() > destination().retry().bodyBytes()) {
            // It came with the head and was needed for this attempt; beyond the bound there is no other.
            held.letGo();
        }
        if (requestComplete) {
            stream.sendEnd(requestTrailers);
            return;
        }
        client().reading(stream.writable());
    }

    private void passOn(UpstreamStream stream) {
        responding = true;
        tunnel = true;
        worker.meters().tunnelsOpen.increment();
        held.replay(stream);
        held.letGo();
        if (requestComplete) {
            stream.sendEnd(Headers.EMPTY);
        } else {
            client().reading(stream.writable());
        }
    }

    void serverWritable() {
        client().reading(true);
    }

    void interim(Attempt from, ResponseHead head) {
        if (from != attempt) {
            return; // of two servers that were asked, one tells
        }
        client().sendInterim(head);
    }

    void respond(Attempt from, ResponseHead head, BodyFraming framing) {
        attempt = hedge.won(attempt, from);
        if (retry.unwelcome(head) && mayRepeat() && elsewhere(Retry.STATUS)) {
            return;
        }
        firstByteNanos = worker.now() - startNanos;
        if (framing == BodyFraming.LENGTH && destination().holds(head.contentLength()) && mayRepeat()) {
            answer.hold(head, (int) head.contentLength());
        } else {
            passHead(head, framing);
        }
    }

    /** The client gets the head: from here on nothing is tried again. */
    void passHead(ResponseHead head, BodyFraming framing) {
        responding = true;
        held.letGo();
        status = head.status();
        client().sendHead(head, framing, requestComplete);
    }

    void responseData(ByteBuf in, int length) {
        if (!answer.holding() || !answer.take(in, length)) {
            passData(in, length);
        }
    }

    void passData(ByteBuf in, int length) {
        responseBytes += length;
        ClientStream stream = client();
        stream.sendData(in, length);
        if (length >= LARGE || behind) {
            pace(stream);
        }
        if (!stream.writable()) {
            stream.flush();
            UpstreamStream source = attempt.stream();
            if (source != null && !stream.writable()) {
                source.reading(false);
            }
        }
    }

    /** What one read brings has to be held here when the client does not take it: from one that is behind, less is read. */
    private void pace(ClientStream stream) {
        UpstreamStream source = attempt.stream();
        if (source != null) {
            behind = stream.room() < ROOMY;
            source.readingLess(behind);
        }
    }

    void responseReadComplete() {
        if (answer.holding()) {
            answer.await();
        } else {
            flushClient();
        }
    }

    void flushClient() {
        if (client != null) {
            client.flush();
        }
    }

    void responseEnd(Headers trailers) {
        client().sendEnd(trailers);
        finish(null).done();
    }

    void tunnel(ResponseHead head) {
        responding = true;
        tunnel = true;
        held.letGo();
        status = head.status();
        firstByteNanos = worker.now() - startNanos;
        worker.meters().upgrades.increment();
        worker.meters().tunnelsOpen.increment();
        requestComplete = false;
        client().startTunnel(head);
    }

    boolean inTunnel() {
        return tunnel;
    }

    void tunnelServerEnded(Headers none) {
        serverHalfEnded = true;
        client().sendEnd(none);
        if (requestComplete) {
            attempt.cancel();
            finish(null).done();
        }
    }

    /** Notes how the last attempt's connection came about, for the log; null when there was none. */
    void connection(@Nullable UpstreamStream stream) {
        reusedConnection = stream != null && stream.reused();
        connectNanos = stream == null ? -1 : stream.connectNanos();
    }

    void attemptFailed(Attempt from, Cause why, Delivery delivery, boolean reused, String detail) {
        if (responding) {
            finish(why).abort();
            return;
        }
        answer.drop();
        firstByteNanos = -1;
        if (hedge.running()) {
            attempt = hedge.lost(attempt, from);
            return;
        }
        if (!held.whole() || (delivery == Delivery.POSSIBLE && !replayable())) {
            refuse(why, detail);
            return;
        }
        Server server = attempt.server();
        if (server != null && retry.takeFresh(why, reused) && server.tryBegin()) {
            retry.note(Retry.REUSE_RACE);
            begin(attempt, server, true);
        } else if (Retry.worthwhile(why) && retry.take(why.id())) {
            tryAgain(why);
        } else {
            refuse(why, detail);
        }
    }

    /** At a server that was not asked yet, at once; else at any of them, later; else at the first that is up again. */
    private void tryAgain(Cause why) {
        Server other = chooseServer();
        if (other != null) {
            start(other);
        } else if (why != Cause.UPGRADE_UNSUPPORTED && destination().pool().admits()) {
            retry.pause(why, choice);
        } else {
            tryServer(why);
        }
    }

    /**
     * The server that has the request went down, and has not begun to answer. Where no other can be asked the wait goes
     * on: the answer may still come.
     */
    void serverDown(Attempt from) {
        if (hedge.running()) {
            from.cancel();
            attempt = hedge.lost(attempt, from);
        } else if (held.whole() && replayable() && retry.left()) {
            elsewhere(Cause.SERVER_DOWN.id());
        }
    }

    /** Leaves what the present server has to say, for another; false when there is none, or no credit. */
    private boolean elsewhere(String reason) {
        Server other = chooseServer();
        if (other == null) {
            return false;
        }
        if (!retry.take(reason)) {
            other.end();
            return false;
        }
        attempt.leave();
        start(other);
        return true;
    }

    // ---- the end ----

    /** Counts, logs and gives this exchange back; the caller's last call goes to the stream that is returned. */
    private ClientStream finish(@Nullable Cause why) {
        ClientStream stream = client();
        cause = why;
        if (tunnel) {
            worker.meters().tunnelsOpen.decrement();
        }
        worker.record(this, attempt, stream.client());
        clear();
        return stream;
    }

    private void clear() {
        client = null;
        destination = null;
        assert !wait.waiting();
        attempt.forget();
        held.reset();
        choice.clear();
        request.reset();
        requestTrailers = Headers.EMPTY;
        requestComplete = false;
        responding = false;
        passing = false;
        tunnel = false;
        serverHalfEnded = false;
        behind = false;
        retry.clear();
        hedge.clear();
        answer.drop();
        requestWhole = false;
        callTime.clear();
        requestBytes = 0;
        responseBytes = 0;
        attempts = 0;
        status = 0;
        reusedConnection = false;
        worker.giveBack(this);
    }

    ClientStream client() {
        return Objects.requireNonNull(client, "the exchange has ended");
    }

    RequestPlan.Destination destination() {
        return Objects.requireNonNull(destination, "no route was found");
    }

    /** What the last further attempt was made for; empty when there was none. */
    String retriedFor() {
        return retry.reason();
    }

    /** The pool's name; empty when no route matched. */
    String poolName() {
        return destination == null ? "" : destination.pool().name();
    }
}
