package dev.weir.upstream;

import dev.weir.http.ByteSink;
import dev.weir.http.ResponseHead;
import dev.weir.http2.IncomingHeads;
import dev.weir.http2.OutgoingHeads;
import dev.weir.loop.Loop;
import dev.weir.observe.LoopMeters;
import dev.weir.observe.ServerMeters;
import dev.weir.pool.Server;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The connections of one event loop to all servers. Confined to that loop. */
public final class Upstreams {
    /** Spare heads kept for reuse; more are needed only while more requests than this wait for an answer. */
    private static final int SPARE_HEADS = 256;

    private static final Logger LOG = LoggerFactory.getLogger(Upstreams.class);

    private final Loop loop;
    private final LoopMeters meters;
    private final ByteSink sink = new ByteSink();
    private final IncomingHeads incoming = new IncomingHeads();
    private final OutgoingHeads outgoing = new OutgoingHeads();
    private final ArrayDeque<ResponseHead> spareHeads = new ArrayDeque<>();
    private @Nullable UpstreamPool[] bySlot = new UpstreamPool[16];

    public Upstreams(Loop loop, LoopMeters meters) {
        this.loop = loop;
        this.meters = meters;
    }

    /** This loop's connections to the server. */
    public UpstreamPool of(Server server, UpstreamSettings settings) {
        int slot = server.slot();
        UpstreamPool pool = slot < bySlot.length ? bySlot[slot] : null;
        if (pool != null && pool.server() == server && pool.change(settings)) {
            return pool;
        }
        return create(server, settings);
    }

    /**
     * Connections to the server that nobody else uses, at these endpoints; to be left to the garbage collector.
     *
     * @param counted where they are counted
     */
    public UpstreamPool apart(
            Server server, SocketAddress[] endpoints, UpstreamSettings settings, ServerMeters counted) {
        return new UpstreamPool(this, server, endpoints, settings, counted);
    }

    /** Closes idle connections to the server, which has left its pool; busy ones close when their exchange ends. */
    public void forget(Server server) {
        int slot = server.slot();
        UpstreamPool pool = slot < bySlot.length ? bySlot[slot] : null;
        if (pool != null && pool.server() == server) {
            bySlot[slot] = null;
            pool.retire();
        }
    }

    /**
     * The server went down: closes idle connections to it, and has those requests tried elsewhere that wait for it, where
     * that is safe.
     */
    public void withdraw(Server server) {
        assert loop.isCurrent();
        int slot = server.slot();
        UpstreamPool pool = slot < bySlot.length ? bySlot[slot] : null;
        if (pool != null && pool.server() == server) {
            pool.withdraw();
        }
    }

    /** Closes all idle connections, for the end of the loop. */
    public void close() {
        for (UpstreamPool pool : bySlot) {
            if (pool != null) {
                pool.retire();
            }
        }
        Arrays.fill(bySlot, null);
    }

    private UpstreamPool create(Server server, UpstreamSettings settings) {
        int slot = server.slot();
        if (slot >= bySlot.length) {
            bySlot = Arrays.copyOf(bySlot, Math.max(slot + 1, bySlot.length * 2));
        }
        UpstreamPool former = bySlot[slot];
        if (former != null) {
            former.retire();
        }
        UpstreamPool pool = new UpstreamPool(this, server, null, settings, meters.server(server.pool(), server.name()));
        bySlot[slot] = pool;
        return pool;
    }

    Loop loop() {
        return loop;
    }

    /** Scratch for the head being written; used within one call. */
    ByteSink sink() {
        return sink;
    }

    /** Reads heads of HTTP/2; used within one call. */
    IncomingHeads incoming() {
        return incoming;
    }

    /** Writes heads of HTTP/2; used within one call. */
    OutgoingHeads outgoing() {
        return outgoing;
    }

    /** A fault of Weir's own; nothing that a server does should come here. */
    void unexpected(Server server, Throwable failure) {
        LOG.error("server {}: unexpected failure of a connection; please report this", server, failure);
    }

    ResponseHead takeHead() {
        ResponseHead head = spareHeads.pollLast();
        return head != null ? head : new ResponseHead();
    }

    void giveBack(ResponseHead head) {
        if (spareHeads.size() < SPARE_HEADS) {
            head.reset();
            spareHeads.addLast(head);
        }
    }
}
