package dev.weir.proxy;

import dev.weir.http.BodyFraming;
import dev.weir.http.Headers;
import dev.weir.http.ResponseHead;
import dev.weir.observe.Cause;
import dev.weir.pool.Server;
import dev.weir.upstream.Delivery;
import dev.weir.upstream.UpstreamListener;
import dev.weir.upstream.UpstreamPool;
import dev.weir.upstream.UpstreamStream;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * One try at one server: the connection, what was sent on it, and the count of the server's requests in flight, which
 * goes up when the server is chosen and down exactly once. Used again for the exchange's next try. Confined to its loop.
 */
final class Attempt implements UpstreamListener {
    private final Exchange exchange;
    private @Nullable Server server;
    private @Nullable UpstreamPool connections;
    private @Nullable UpstreamStream stream;
    private boolean sending;

    Attempt(Exchange exchange) {
        this.exchange = exchange;
    }

    /** {@code fresh}: on a new connection. */
    void start(Server chosen, boolean fresh, boolean retry) {
        assert stream == null;
        Worker worker = exchange.worker;
        UpstreamPool pool = worker.upstreams().of(chosen, exchange.destination().settings());
        server = chosen;
        connections = pool;
        chosen.begin();
        pool.meters().attempts.increment();
        if (retry) {
            pool.meters().retries.increment();
        }
        UpstreamStream acquired = pool.acquire(this, exchange.replayable() && exchange.holdable(), fresh, worker.now());
        stream = acquired;
        if (acquired.connected()) {
            send(acquired);
            if (retry) {
                acquired.flush();
            }
        }
    }

    private void send(UpstreamStream to) {
        sending = true;
        exchange.send(to);
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
        return sending ? stream : null;
    }

    void forget() {
        server = null;
        connections = null;
    }

    /** Ends this try from our side. */
    void cancel() {
        UpstreamStream canceled = stream;
        if (canceled != null) {
            exchange.connection(canceled);
            over();
            canceled.cancel();
        }
    }

    private void over() {
        stream = null;
        sending = false;
        if (server != null) {
            server.end();
        }
    }

    @Override
    public void onConnected() {
        UpstreamStream ready = stream;
        if (ready != null) {
            send(ready);
            ready.flush();
        }
    }

    @Override
    public void onInterim(ResponseHead head) {
        exchange.interim(head);
    }

    @Override
    public void onHead(ResponseHead head, BodyFraming framing) {
        exchange.respond(head, framing);
    }

    @Override
    public void onTunnel(ResponseHead head) {
        exchange.tunnel(head);
    }

    @Override
    public void onData(ByteBuf in, int length) {
        exchange.responseData(in, length);
    }

    @Override
    public void onReadComplete() {
        exchange.flushClient();
    }

    @Override
    public void onEnd(Headers trailers) {
        if (exchange.inTunnel()) {
            exchange.tunnelServerEnded(trailers);
            return;
        }
        if (stream != null) {
            exchange.connection(stream);
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
        UpstreamStream failed = stream;
        boolean reused = failed != null && failed.reused();
        if (failed != null) {
            exchange.connection(failed);
            over();
        }
        exchange.attemptFailed(cause, delivery, reused, detail);
    }
}
