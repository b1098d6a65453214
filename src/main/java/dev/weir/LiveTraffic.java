package dev.weir;

import dev.weir.downstream.Connections;
import dev.weir.observe.LoopMeters;
import dev.weir.observe.Meters;
import dev.weir.process.Drain;
import java.util.List;
import java.util.function.Consumer;

/** What flows through one Weir, in the eyes of its drain. Any thread. */
final class LiveTraffic implements Drain.Traffic {
    private final Meters meters;
    private final List<Connections> loops;

    LiveTraffic(Meters meters, List<Connections> loops) {
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
        each(loop -> loop.drain(idleNanos, spreadNanos));
    }

    @Override
    public void cutRequests() {
        each(Connections::cutRequests);
    }

    @Override
    public void endTunnels() {
        each(Connections::endTunnels);
    }

    private void each(Consumer<Connections> task) {
        loops.forEach(loop -> loop.loop().execute(() -> task.accept(loop)));
    }
}
