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
 *   respond   the server's head is there: from here on nothing is tried again
 *   finish    exactly once: counted, logged, given back
 * </pre>
 *
 * A failure before {@code respond} is answered by another attempt where that is provably safe, else by Weir itself
 * ({@link ErrorResponse}); a failure after it cuts the client's connection, so that a part never looks like the whole.
 *
 * <p>Confined to its event loop, and used again for another request after {@code finish}.
 */
public final class Exchange {
    final Worker worker;
    private final RequestHead request = new RequestHead();
    private final Attempt attempt = new Attempt(this);
    private final HeldBody held = new HeldBody();
    private final CallTime callTime = new CallTime(this::callTimeOver);
    private final Choice choice;
    private final ServerWait wait = new ServerWait(this);

    private @Nullable ClientStream client;
    private RequestPlan.@Nullable Destination destination;
    private Headers requestTrailers = Headers.EMPTY;
    private boolean requestComplete;
    private boolean responding;
    private boolean passing;
    private boolean tunnel;
    private boolean serverHalfEnded;
    private boolean freshTried;
    private boolean requestWhole;

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
        int https = client().client().redirectPort();
        if (https != 0) {
            redirect(https);
            return;
        }
        if (request.headers().has(Field.GRPC_TIMEOUT) && Grpc.isCall(request) && !startCall()) {
            return;
        }
        RequestPlan plan = worker.plan();
        int route = plan.routes().match(request);
        if (route < 0) {
            refuse(Cause.NO_ROUTE, "");
            return;
        }
        destination = plan.destination(route);
        tryServer(Cause.NO_SERVER);
    }

    /**
     * The client's connection goes to a server of this pool as it is, from its first byte on: there is no head to read,
     * and no answer that Weir could give.
     */
    public void pass(String pool) {
        passing = true;
        destination = worker.plan().pool(pool);
        tryServer(Cause.NO_SERVER);
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
                held.keep(in, length, destination().heldBytes());
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
        if (held.bytes() >= destination().heldBytes()) {
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
    private void tryServer(Cause why) {
        Pool pool = destination().pool();
        boolean overtaking = attempts == 0 && pool.line().length() > 0;
        Server server = overtaking ? null : chooseServer();
        if (server != null) {
            start(server);
        } else if (overtaking || (!pool.admits() && pool.servers().maxWeight() > 0)) {
            choice.clear(); // those tried may be back by then
            if (!wait.begin(pool, why)) {
                refuse(why == Cause.NO_SERVER && pool.up() ? Cause.QUEUE_FULL : why, "");
            }
        } else {
            refuse(why, "");
        }
    }

    private void start(Server server) {
        choice.exclude(server);
        attempts++;
        attempt.start(server, false, attempts > 1);
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

    /** Whether all of the request had come when it was sent, so that the time to its answer is the server's. */
    boolean requestWhole() {
        return requestWhole;
    }

    /** Whether the request may be sent again though a server may have seen it (RFC 9110 section 9.2.2). */
    boolean replayable() {
        return request.method().idempotent();
    }

    /** Whether the whole body will be there for another attempt. */
    boolean holdable() {
        return switch (request.framing()) {
            case NONE -> true;
            case LENGTH -> request.contentLength() <= destination().heldBytes();
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
        if (held.bytes() > destination().heldBytes()) {
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

    void interim(ResponseHead head) {
        client().sendInterim(head);
    }

    void respond(ResponseHead head, BodyFraming framing) {
        responding = true;
        held.letGo();
        status = head.status();
        firstByteNanos = worker.now() - startNanos;
        client().sendHead(head, framing, requestComplete);
    }

    void responseData(ByteBuf in, int length) {
        responseBytes += length;
        ClientStream stream = client();
        stream.sendData(in, length);
        if (!stream.writable()) {
            stream.flush();
            UpstreamStream source = attempt.stream();
            if (source != null && !stream.writable()) {
                source.reading(false);
            }
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

    void attemptFailed(Cause why, Delivery delivery, boolean reused, String detail) {
        if (responding) {
            finish(why).abort();
            return;
        }
        if (!held.whole() || (delivery == Delivery.POSSIBLE && !replayable())) {
            refuse(why, detail);
            return;
        }
        Server server = attempt.server();
        boolean ranOut = why == Cause.REQUEST_REFUSED || (reused && why == Cause.SERVER_CLOSED);
        if (ranOut && !freshTried && server != null && server.tryBegin()) {
            // The server closed a connection in the moment of its reuse, or let it run out (GOAWAY): that says nothing
            // against the server.
            freshTried = true;
            attempts++;
            attempt.start(server, true, true);
            return;
        }
        if (!worthAnotherServer(why) || attempts > destination().furtherAttempts()) {
            refuse(why, detail);
            return;
        }
        tryServer(why);
    }

    /**
     * The server that has the request went down, and has not begun to answer. Where no other can be asked the wait goes
     * on: the answer may still come.
     */
    void serverDown() {
        if (!held.whole() || !replayable() || attempts > destination().furtherAttempts()) {
            return;
        }
        Server other = chooseServer();
        if (other != null) {
            attempt.cancel();
            start(other);
        }
    }

    /** What another server may do better. A request that a server could not answer in time is not given to the next. */
    private static boolean worthAnotherServer(Cause why) {
        return switch (why) {
            case SERVER_DOWN,
                    CONNECT_REFUSED,
                    CONNECT_FAILED,
                    CONNECT_TIMEOUT,
                    DNS_ERROR,
                    TLS_CERTIFICATE_ERROR,
                    TLS_ALERT_RECEIVED,
                    TLS_PROTOCOL_ERROR,
                    UPGRADE_UNSUPPORTED,
                    REQUEST_REFUSED,
                    SERVER_CLOSED,
                    RESPONSE_INCOMPLETE -> true;
            default -> false;
        };
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
        freshTried = false;
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

    /** The pool's name; empty when no route matched. */
    String poolName() {
        return destination == null ? "" : destination.pool().name();
    }
}
