package dev.weir.downstream;

import dev.weir.loop.Deadline;
import dev.weir.proxy.Worker;
import io.netty.channel.Channel;

/**
 * One accepted connection, whoever serves it at the time. Confined to its loop.
 *
 * @param onClose to be run once, when the connection ends
 */
record Accepted(Connections connections, ListenerSettings settings, Channel channel, Runnable onClose) {
    Worker worker() {
        return connections.worker();
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
        onClose.run();
    }
}
