package dev.weir.balance;

import dev.weir.config.BalanceConfig;
import dev.weir.pool.Server;
import dev.weir.pool.ServerSet;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** One choice with the counting in and out of the request; all idle, all but one in a hundred busy, and all busy. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class PickBench {
    /** How many of the servers are busy. */
    public enum Load {
        IDLE,
        NEARLY_ALL_BUSY,
        ALL_BUSY
    }

    @Param
    BalanceConfig policy = BalanceConfig.LEAST_REQUESTS;

    @Param({"4", "1000"})
    int servers;

    @Param
    Load load = Load.IDLE;

    private final Choice choice = new Choice(1);
    private Picker picker = Picker.NONE;

    @Setup
    public void prepare() {
        int[] weights = new int[servers];
        Arrays.fill(weights, 1);
        ServerSet set = Servers.of(weights);
        for (int i = 0; i < servers && load != Load.IDLE; i++) {
            if (load == Load.ALL_BUSY || i % 100 != 0) {
                Servers.begin(set.server(i), 1 + i % 3);
            }
        }
        picker = BalancingPolicy.prepare(policy, set, Picker.NONE);
    }

    @Benchmark
    public @Nullable Server pick() {
        Server server = picker.pick(choice);
        if (server != null) {
            server.tryBegin();
            server.end();
        }
        return server;
    }
}
