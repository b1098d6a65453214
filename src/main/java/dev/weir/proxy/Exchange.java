package dev.weir.proxy;

import dev.weir.balance.Choice;
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
 *   begin     the head is there: find the route; Attempts find a server
 *   send      a connection is there: head, held content, the rest as it comes
 *   respond   the server's head is there: it is passed on, or held until a short answer is complete
 *   passHead  the client gets it: from here on nothing is tried again
 *   finish    exactly once: counted, logged, given back
 * </pre>
 *
 * A failure before {@code passHead} is answered by another attempt where that is provably safe ({@link Attempts}), else by
 * Weir itself ({@link ErrorResponse}); a failure after it cuts the client's connection, so that a part never looks like the whole.
 *
 * <p>Confined to its event loop, and used again for another request after {@code finish}.
 */
public final class Exchange {
    final Worker worker;
    private final RequestHead request = new RequestHead();
    private final HeldRequest held = new HeldRequest(request);
    private final HeldAnswer answer = new HeldAnswer(this);
    private final CallTime callTime = new CallTime(this::callTimeOver);
    private final Attempts attempts;
    private final ExchangeRecord record;
    private final Pace pace;

    private @Nullable ClientStream client;
    private boolean responding;
    private boolean passing;
    private boolean tunnel;
    private boolean serverHalfEnded;
    private boolean requestWhole;

    Exchange(Worker worker, Choice choice) {
        this.worker = worker;
        this.attempts = new Attempts(this, choice);
        this.record = new ExchangeRecord(request, attempts);
        this.pace = new Pace(attempts);
    }

    // ---- the client's side ----

    /** To be filled by the client's protocol; then {@link #begin} or {@link #refuse}. */
    public RequestHead request() {
        return request;
    }

    void open(ClientStream stream) {
        client = stream;
        record.begin(worker.now());
        worker.meters().requestsInFlight.increment();
    }

    /** The head is complete. */
    public void begin() {
        if (request.method() == Method.CONNECT) {
            // Not known to be complete: the client may go on as if it had its tunnel, so the connection closes.
            refuse(Cause.METHOD_REFUSED, "");
            return;
        }
        held.begin();
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
        attempts.begin(plan.destination(route));
    }

    /**
     * The client's connection goes to a server of this pool as it is, from its first byte on: there is no head to read,
     * and no answer that Weir could give.
     */
    public void pass(String pool) {
        passing = true;
        attempts.begin(worker.plan().pool(pool));
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
        if (!callTime.start(
                request.headers(), record.startNanos(), worker.loop().timers())) {
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
            attempts.cancel();
            finish(Cause.CALL_DEADLINE).abort();
        } else {
            refuse(Cause.CALL_DEADLINE, "");
        }
    }

    /** {@code length} bytes of content lie at the reader index of {@code in}; exactly these are consumed. */
    public void requestData(ByteBuf in, int length) {
        record.received(length);
        UpstreamStream stream = attempts.stream();
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
        held.end(trailers);
        UpstreamStream stream = attempts.stream();
        if (stream != null) {
            stream.sendEnd(trailers);
        }
        if (tunnel && serverHalfEnded) {
            attempts.cancel();
            finish(null).done();
        }
    }

    /** What came in one go has been handed over. */
    public void requestReadComplete() {
        UpstreamStream stream = attempts.stream();
        if (stream != null && (tunnel || !held.complete())) {
            stream.flush();
        }
    }

    /** The client takes response bytes again. */
    public void clientWritable() {
        pace.goOn();
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
        record.status(ErrorResponse.status(request, why));
        record.sent(worker.errors().send(request, why, detail, held.complete(), stream));
        finish(why).done();
    }

    private void stop() {
        answer.drop();
        attempts.cancel();
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

    /**
     * Nothing more is to come from this server: if the request waits for its answer, it is tried elsewhere where that is
     * safe.
     *
     * @return whether the server is needed still, so that only the end of the client's connection can end this
     */
    public boolean leave(Server gone) {
        return attempts.leave(gone);
    }

    /** Whether all of the request had come when it was sent, so that the time to its answer is the server's. */
    boolean requestWhole() {
        return requestWhole;
    }

    /** What came of the request, and whether it may be sent again. */
    HeldRequest held() {
        return held;
    }

    /** Whether a final response has begun, be it that the client has seen nothing of it. */
    boolean answered() {
        return responding || answer.holding();
    }

    /** Sends what there is of the request. Nothing is flushed if more has to come, which may lie right behind the head. */
    void send(UpstreamStream stream) {
        requestWhole = held.complete();
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
        sendEnd(stream);
    }

    private void sendEnd(UpstreamStream stream) {
        if (!held.replayEnd(stream)) {
            client().reading(stream.writable());
        }
    }

    private void passOn(UpstreamStream stream) {
        responding = true;
        tunnel = true;
        worker.meters().tunnelsOpen.increment();
        held.replay(stream);
        held.letGo();
        sendEnd(stream);
    }

    void serverWritable() {
        client().reading(true);
    }

    void interim(Attempt from, ResponseHead head) {
        if (attempts.isCurrent(from)) { // of two servers that were asked, one tells
            client().sendInterim(head);
        }
    }

    void respond(Attempt from, ResponseHead head, BodyFraming framing) {
        if (!attempts.accept(from, head)) {
            return;
        }
        record.firstByte(worker.now());
        if (framing == BodyFraming.LENGTH && destination().holds(head.contentLength()) && held.mayRepeat()) {
            answer.hold(head, (int) head.contentLength());
        } else {
            passHead(head, framing);
        }
    }

    /** The client gets the head: from here on nothing is tried again. */
    void passHead(ResponseHead head, BodyFraming framing) {
        responding = true;
        held.letGo();
        record.status(head.status());
        client().sendHead(head, framing, held.complete());
    }

    void responseData(ByteBuf in, int length) {
        if (!answer.holding() || !answer.take(in, length)) {
            passData(in, length);
        }
    }

    void passData(ByteBuf in, int length) {
        record.sent(length);
        ClientStream stream = client();
        stream.sendData(in, length);
        pace.passed(length, stream);
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
        held.beginTunnel();
        record.status(head.status());
        record.firstByte(worker.now());
        worker.meters().upgrades.increment();
        worker.meters().tunnelsOpen.increment();
        client().startTunnel(head);
    }

    boolean inTunnel() {
        return tunnel;
    }

    void tunnelServerEnded(Headers none) {
        serverHalfEnded = true;
        client().sendEnd(none);
        if (held.complete()) {
            attempts.cancel();
            finish(null).done();
        }
    }

    void attemptFailed(Attempt from, Cause why, Delivery delivery, boolean reused, String detail) {
        if (responding) {
            finish(why).abort();
            return;
        }
        answer.drop();
        record.noFirstByte();
        if (!attempts.goOn(from, why, reused, held.replayableAfter(delivery))) {
            refuse(why, detail);
        }
    }

    // ---- the end ----

    /** Counts, logs and gives this exchange back; the caller's last call goes to the stream that is returned. */
    private ClientStream finish(@Nullable Cause why) {
        ClientStream stream = client();
        if (tunnel) {
            worker.meters().tunnelsOpen.decrement();
        }
        record.end(why, stream.client(), worker.now());
        worker.record(record);
        clear();
        return stream;
    }

    private void clear() {
        client = null;
        attempts.clear();
        record.clear();
        held.reset();
        request.reset();
        responding = false;
        passing = false;
        tunnel = false;
        serverHalfEnded = false;
        pace.clear();
        answer.drop();
        requestWhole = false;
        callTime.clear();
        worker.giveBack(this);
    }

    ClientStream client() {
        return Objects.requireNonNull(client, "the exchange has ended");
    }

    private RequestPlan.Destination destination() {
        return attempts.destination();
    }

    ExchangeRecord record() {
        return record;
    }
}
