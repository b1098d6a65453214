package dev.weir.downstream;

import dev.weir.http.ByteSink;
import dev.weir.http2.IncomingHeads;
import dev.weir.http2.OutgoingHeads;
import dev.weir.pool.Server;
import dev.weir.proxy.Worker;
import io.netty.channel.EventLoop;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** The client connections of one event loop. Confined to that loop. */
public final class Connections {
    private final Worker worker;
    private final ByteSink sink = new ByteSink();
    private final IncomingHeads incoming = new IncomingHeads();
    private final OutgoingHeads outgoing = new OutgoingHeads();
    private final FloodLog floods = new FloodLog();
    private final HandshakeTurns handshakes;
    private final Set<Downstream> open = Collections.newSetFromMap(new IdentityHashMap<>());

    public Connections(Worker worker) {
        this.worker = worker;
        // Not as a task of the loop, which would run before what has arrived meanwhile is looked after.
        this.handshakes = new HandshakeTurns(turn -> loop().schedule(turn, 1, TimeUnit.NANOSECONDS));
    }

    /** The loop; the one thing here that any thread may ask for. */
    public EventLoop loop() {
        return worker.loop().executor();
    }

    /**
     * Each one closes after its exchange; one without, when no request has come for so long.
     *
     * @param idleNanos how long a connection may be idle from now on
     * @param spreadNanos over how long this begins, for one connection after the other
     */
    public void drain(long idleNanos, long spreadNanos) {
        worker.stopping(idleNanos, spreadNanos);
        for (Downstream connection : List.copyOf(open)) {
            long turn = connection.accepted().turn(spreadNanos);
            if (turn == 0) {
                connection.drain();
            } else {
                loop().schedule(connection::drain, turn, TimeUnit.NANOSECONDS);
            }
        }
        if (spreadNanos > 0) {
            // Some have come into other hands meanwhile.
            loop().schedule(() -> List.copyOf(open).forEach(Downstream::drain), spreadNanos, TimeUnit.NANOSECONDS);
        }
    }

    /** As {@link #drain(long, long)}, those of a listener that has closed. */
    public void drain(Listener listener) {
        for (Downstream connection : List.copyOf(open)) {
            if (connection.accepted().listener().equals(listener)) {
                connection.drain();
            }
        }
    }

    /** Cuts all but tunnels. */
    public void cutRequests() {
        for (Downstream connection : List.copyOf(open)) {
            connection.cutRequests();
        }
    }

    /** Ends the tunnels, in good order as far as their servers take part. */
    public void endTunnels() {
        for (Downstream connection : List.copyOf(open)) {
            connection.endTunnels();
        }
    }

    /** Cuts what is under way with this server. */
    public void cutFrom(Server gone) {
        for (Downstream connection : List.copyOf(open)) {
            connection.cutFrom(gone);
        }
    }

    /** Cuts what is left; the end of the loop. */
    public void close() {
        for (Downstream connection : List.copyOf(open)) {
            connection.cut();
        }
        worker.close();
    }

    public Worker worker() {
        return worker;
    }

    /** Scratch for the head being written; used within one call. */
    ByteSink sink() {
        return sink;
    }

    /** Reads heads of HTTP/2. */
    IncomingHeads incoming() {
        return incoming;
    }

    /** Writes heads for HTTP/2. */
    OutgoingHeads outgoing() {
        return outgoing;
    }

    /** Who wants to begin a TLS handshake asks here. */
    HandshakeTurns handshakes() {
        return handshakes;
    }

    /** Tells of clients that send too much. */
    FloodLog floods() {
        return floods;
    }

    /** Counts the connection in, unless {@link #replaced} did already put this in another's place. */
    void opened(Downstream connection) {
        if (open.add(connection)) {
            worker.meters().connectionsAccepted.increment();
            worker.meters().connectionsOpen.increment();
        }
    }

    /** The same connection goes on in other hands. */
    void replaced(Downstream before, Downstream after) {
        open.remove(before);
        open.add(after);
    }

    void closed(Downstream connection) {
        if (open.remove(connection)) {
            worker.meters().connectionsOpen.decrement();
        }
    }
}
