package dev.weir;

import dev.weir.downstream.Connections;
import dev.weir.observe.LoopMeters;
import dev.weir.observe.Meters;
import dev.weir.process.Drain;

/** What flows through one Weir, in the eyes of its drain. Any thread. */
final class LiveTraffic implements Drain.Traffic {
    private final Meters meters;
    private final Loops loops;

    LiveTraffic(Meters meters, Loops loops) {
        this.meters = meters;
        this.loops = loops;
    }

    @Override
    public Drain.Left left() {
        long open = 0;
        long requests = 0;
        long tunnels = 0;
        for (int i = 0; i < meters.loops(); i++) {
            LoopMeters loop = meters.loop(i);
            open += loop.connectionsOpen.get();
            requests += loop.requestsInFlight.get();
            tunnels += loop.tunnelsOpen.get();
        }
        return new Drain.Left(open, Math.max(0, requests - tunnels), tunnels);
    }

    @Override
    public void drain(long idleNanos, long spreadNanos) {
        loops.each(loop -> loop.drain(idleNanos, spreadNanos));
    }

    @Override
    public void cutRequests() {
        loops.each(Connections::cutRequests);
    }

    @Override
    public void endTunnels() {
        loops.each(Connections::endTunnels);
    }
}
