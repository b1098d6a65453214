package dev.weir;

import dev.weir.downstream.Connections;
import dev.weir.loop.Loop;
import dev.weir.loop.Transport;
import dev.weir.observe.Meters;
import dev.weir.proxy.RequestPlan;
import dev.weir.proxy.Worker;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * The event loops of the data plane, in the hands of the control plane: what it wants done on them is done there, and
 * left out once they have ended. Any thread but a loop.
 */
final class Loops {
    /**
     * One read of a socket, in bytes, and so the most that an exchange holds of a body that flows. Large, since each read
     * of a large body is followed by a write and a turn of the loop; one buffer serves the whole loop.
     */
    private static final int READ_BYTES = 256 << 10;

    private final EventLoopGroup group;
    private final List<Connections> all;
    /** Guarded by this: a loop that has ended takes nothing, and may forget what it took last. */
    private boolean ended;

    /**
     * As many as there are meters for.
     *
     * @param plan the current snapshot: a volatile read
     */
    Loops(Meters meters, Transport transport, Supplier<RequestPlan> plan) {
        group = new MultiThreadIoEventLoopGroup(meters.loops(), new DefaultThreadFactory("weir-loop"), transport.io());
        all = IntStream.range(0, meters.loops())
                .mapToObj(i -> {
                    Loop loop = new Loop(i, group.next(), transport, READ_BYTES);
                    return new Connections(new Worker(loop, plan, meters.loop(i)));
                })
                .toList();
    }

    /** The connections of each loop, which are the loop's alone. */
    List<Connections> all() {
        return all;
    }

    List<EventLoop> executors() {
        return all.stream().map(Connections::loop).toList();
    }

    /** Has something done on each loop, soon. */
    synchronized void each(Consumer<Connections> action) {
        if (!ended) {
            all.forEach(loop -> loop.loop().execute(() -> action.accept(loop)));
        }
    }

    /** Has something done on each loop, and waits for it: what was begun there before has been done by then. */
    void onEach(Consumer<Connections> action) {
        submit(action, false).forEach(Future::awaitUninterruptibly);
    }

    /** Cuts what is left, and ends the loops. */
    void end() {
        submit(Connections::close, true).forEach(Future::awaitUninterruptibly);
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private synchronized List<? extends Future<?>> submit(Consumer<Connections> action, boolean last) {
        if (ended) {
            return List.of();
        }
        ended = last;
        return all.stream()
                .map(loop -> loop.loop().submit(() -> action.accept(loop)))
                .toList();
    }
}
