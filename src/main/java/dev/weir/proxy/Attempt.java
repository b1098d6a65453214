package dev.weir.proxy;

import dev.weir.http.BodyFraming;
import dev.weir.http.Field;
import dev.weir.http.Headers;
import dev.weir.http.ResponseHead;
import dev.weir.observe.Cause;
import dev.weir.pool.Failure;
import dev.weir.pool.Server;
import dev.weir.upstream.Awaiting;
import dev.weir.upstream.ClientEndpoints;
import dev.weir.upstream.Delivery;
import dev.weir.upstream.UpstreamClaim;
import dev.weir.upstream.UpstreamListener;
import dev.weir.upstream.UpstreamPool;
import dev.weir.upstream.UpstreamStream;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One try at one server: the connection, what was sent on it, and the count of the server's requests in flight, which
 * goes up when the server is chosen and down exactly once. Used again for the exchange's next try. Confined to its loop.
 */
final class Attempt implements UpstreamListener {
    private static final byte[] WEB_SOCKET = "websocket".getBytes(StandardCharsets.US_ASCII);

    private final Exchange exchange;
    private final Attempts all;
    private @Nullable Server server;
    private @Nullable UpstreamPool connections;
    /** What this try has at the server: the stream, or a wait for it. */
    private @Nullable UpstreamClaim claim;

    private @Nullable UpstreamStream stream;
    private long startNanos;
    /** Until a final response begins. */
    private final Awaiting awaiting = new Awaiting(this::serverDown);

    Attempt(Exchange exchange, Attempts all) {
        this.exchange = exchange;
        this.all = all;
    }

    /** At a server that the request has been counted in at; {@code fresh}: on a new connection. */
    void start(Server chosen, boolean fresh, boolean retry) {
        assert claim == null;
        Worker worker = exchange.worker;
        UpstreamPool pool = worker.upstreams().of(chosen, all.destination().settings());
        server = chosen;
        connections = pool;
        startNanos = worker.now();
        pool.meters().attempts.increment();
        pool.await(awaiting);
        if (retry) {
            pool.meters().retries.increment();
        }
        UpstreamClaim acquired = exchange.passing() ? pool.connect(this) : pool.acquire(this, fresh, worker.now());
        claim = acquired;
        if (acquired instanceof UpstreamStream ready) {
            send(ready);
            if (retry) {
                ready.flush();
            }
        }
    }

    private void send(UpstreamStream to) {
        stream = to;
        exchange.send(to);
        if (exchange.passing()) {
            awaiting.end(); // nobody will know of a response
        } else if (!exchange.requestWhole()) {
            awaiting.incomplete();
        }
    }

    /** The server tried last; null when none was. */
    @Nullable Server server() {
        return server;
    }

    @Nullable UpstreamPool connections() {
        return connections;
    }

    /** Where the request goes; null while connecting and after the end. */
    @Nullable UpstreamStream stream() {
        return stream;
    }

    /** Nanoseconds since it began. */
    long age() {
        return exchange.worker.now() - startNanos;
    }

    /** Whether it has begun and not ended. */
    boolean live() {
        return claim != null;
    }

    void forget() {
        server = null;
        connections = null;
    }

    /** Ends this try from our side. */
    void cancel() {
        UpstreamClaim canceled = claim;
        if (canceled != null) {
            over();
            canceled.cancel();
        }
    }

    /** Ends this try since another server is asked; its answer, if one begins, is of no interest. */
    void leave() {
        UpstreamStream left = stream;
        if (left == null) {
            cancel();
        } else {
            boolean answered = !awaiting.pending();
            over();
            if (answered) {
                left.discard();
            } else {
                left.cancel();
            }
        }
    }

    /** Ends this try as if the server had gone, if it waits for an answer. */
    void giveUp() {
        if (awaiting.pending()) {
            serverDown();
        }
    }

    /** Ends this try since another was faster: for all that is known it would have taken as long as it did, or longer. */
    void lose() {
        if (connections != null && awaiting.pending()) {
            connections.meters().firstByte.record(exchange.worker.now() - startNanos);
        }
        cancel();
        forget();
    }

    private void over() {
        exchange.record().connection(stream);
        awaiting.end();
        claim = null;
        stream = null;
        if (server != null) {
            server.end();
            all.destination().pool().line().wake();
        }
    }

    /** The server went down before it began to answer. */
    private void serverDown() {
        UpstreamClaim wait = claim;
        if (stream != null) {
            all.serverDown(this);
        } else if (wait != null) {
            wait.cancel();
            onFailure(Cause.SERVER_DOWN, Delivery.NONE, "");
        }
    }

    private void responded(int status) {
        awaiting.end();
        UpstreamPool pool = connections;
        if (pool != null) {
            pool.meters().responses.increment();
            if (exchange.requestWhole()) {
                pool.meters().firstByte.record(exchange.worker.now() - startNanos);
            }
        }
        if (blames(status) && server != null) {
            server.failed(Failure.STATUS);
        }
    }

    /** Of the 5xx, 501 and 505 say something of the request rather than of the server. */
    private static boolean blames(int status) {
        return status >= 500 && status != 501 && status != 505;
    }

    @Override
    public boolean replayable() {
        HeldRequest held = exchange.held();
        return held.replayable() && held.holdable(all.destination().retry().bodyBytes());
    }

    @Override
    public boolean upgrade() {
        return exchange.request().upgrade();
    }

    @Override
    public boolean webSocket() {
        return upgrade() && exchange.request().headers().listContains(Field.UPGRADE, WEB_SOCKET);
    }

    @Override
    public @Nullable ClientEndpoints client() {
        return exchange.client().client().endpoints();
    }

    @Override
    public void onConnected(UpstreamStream ready) {
        claim = ready;
        send(ready);
        ready.flush();
    }

    @Override
    public void onInterim(ResponseHead head) {
        exchange.interim(this, head);
    }

    @Override
    public void onHead(ResponseHead head, BodyFraming framing) {
        responded(head.status());
        exchange.respond(this, head, framing);
    }

    @Override
    public void onTunnel(ResponseHead head, UpstreamStream tunnel) {
        responded(head.status());
        claim = tunnel;
        stream = tunnel;
        exchange.tunnel(head);
    }

    @Override
    public void onData(ByteBuf in, int length) {
        exchange.responseData(in, length);
    }

    @Override
    public void onReadComplete() {
        exchange.responseReadComplete();
    }

    @Override
    public void onEnd(Headers trailers) {
        if (exchange.inTunnel()) {
            exchange.tunnelServerEnded(trailers);
            return;
        }
        if (claim != null) {
            over();
        }
        exchange.responseEnd(trailers);
    }

    @Override
    public void onWritable() {
        exchange.serverWritable();
    }

    @Override
    public void onFailure(Cause cause, Delivery delivery, String detail) {
        boolean reused = stream != null && stream.reused();
        Failure failure = failure(cause, reused);
        if (failure != null && server != null) {
            server.failed(failure);
        }
        if (claim != null) {
            over();
        }
        exchange.attemptFailed(this, cause, delivery, reused, detail);
    }

    /** What a cause says against the server; null for nothing. A reused connection that ends may have been due to end. */
    private static @Nullable Failure failure(Cause cause, boolean reused) {
        return switch (cause) {
            case CONNECT_REFUSED -> Failure.REFUSED;
            case CONNECT_FAILED,
                    CONNECT_TIMEOUT,
                    DNS_ERROR,
                    TLS_CERTIFICATE_ERROR,
                    TLS_ALERT_RECEIVED,
                    TLS_PROTOCOL_ERROR -> Failure.UNREACHABLE;
            case SERVER_CLOSED -> reused ? null : Failure.LOST;
            case RESPONSE_INCOMPLETE, RESPONSE_MALFORMED, RESPONSE_HEADERS_TOO_LARGE, UPGRADE_FAILED -> Failure.LOST;
            case FIRST_BYTE_TIMEOUT, RESPONSE_BODY_TIMEOUT, SERVER_WRITE_TIMEOUT -> Failure.TIMEOUT;
            default -> null;
        };
    }
}
