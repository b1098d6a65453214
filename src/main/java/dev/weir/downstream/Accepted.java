package dev.weir.downstream;

import dev.weir.loop.Deadline;
import dev.weir.proxy.Worker;
import io.netty.channel.Channel;

/** One accepted connection, whoever serves it at the time, and what its listener said when it came. Confined to its loop. */
record Accepted(Connections connections, Listener listener, ListenerSettings settings, Channel channel) {
    Worker worker() {
        return connections.worker();
    }

    /** Whether it is to close after the exchange that is under way. */
    boolean closing() {
        return listener.removed() || worker().isStopping(place());
    }

    /** Its place in a row of {@link Worker#PLACES}, by chance. */
    private int place() {
        return channel.id().hashCode() & (Worker.PLACES - 1);
    }

    /** When it is its turn in a row that takes so long. */
    long turn(long nanos) {
        return nanos / Worker.PLACES * place();
    }

    /** How long its client may leave it idle that usually may for {@code usual} nanoseconds. */
    long idleNanos(long usual) {
        return worker().idleNanos(listener.removed() ? Math.min(usual, Listener.REMOVED_IDLE_NANOS) : usual);
    }

    void arm(Deadline deadline, long nanos) {
        worker().loop().timers().arm(deadline, worker().loop().now(), nanos);
    }

    void remove(Deadline deadline) {
        worker().loop().timers().remove(deadline);
    }

    void opened(Downstream by) {
        connections.opened(by);
    }

    /** Another goes on serving the connection. */
    void handOver(Downstream from, Downstream to) {
        connections.replaced(from, to);
        channel.pipeline().replace(from, null, to);
    }

    /** Whoever serves the connection is about to close it. */
    void closed(Downstream by) {
        connections.closed(by);
        listener.ended();
    }
}
