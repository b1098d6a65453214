package dev.weir.downstream;

import dev.weir.http.ByteSink;
import dev.weir.proxy.Worker;
import io.netty.channel.EventLoop;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/** The client connections of one event loop. Confined to that loop. */
public final class Connections {
    private final Worker worker;
    private final ByteSink sink = new ByteSink();
    private final Set<Http1Downstream> open = Collections.newSetFromMap(new IdentityHashMap<>());

    public Connections(Worker worker) {
        this.worker = worker;
    }

    /** The loop; the one thing here that any thread may ask for. */
    public EventLoop loop() {
        return worker.loop().executor();
    }

    /** Closes the idle ones now and each other one after its exchange. */
    public void drain() {
        worker.stopping();
        for (Http1Downstream connection : open.toArray(new Http1Downstream[0])) {
            connection.drain();
        }
    }

    /** Cuts what is left; the end of the loop. */
    public void close() {
        for (Http1Downstream connection : open.toArray(new Http1Downstream[0])) {
            connection.cut();
        }
        worker.close();
    }

    Worker worker() {
        return worker;
    }

    /** Scratch for the head being written; used within one call. */
    ByteSink sink() {
        return sink;
    }

    void opened(Http1Downstream connection) {
        open.add(connection);
        worker.meters().connectionsAccepted.increment();
        worker.meters().connectionsOpen.increment();
    }

    void closed(Http1Downstream connection) {
        if (open.remove(connection)) {
            worker.meters().connectionsOpen.decrement();
        }
    }
}
