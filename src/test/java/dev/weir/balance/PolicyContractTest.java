package dev.weir.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import dev.weir.config.BalanceConfig;
import dev.weir.pool.Server;
import dev.weir.pool.ServerSet;
import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The laws that every policy keeps. All randomness is seeded, so a bound on a distribution holds always or never. */
class PolicyContractTest {
    private static final long SEED = Long.getLong("seed", 20260101);

    private final Choice choice = new Choice(SEED);

    @ParameterizedTest
    @EnumSource
    void pick_emptySet_findsNone(BalanceConfig policy) {
        assertThat(picker(policy, Servers.of()).pick(choice)).isNull();
        assertThat(picker(policy, Servers.of(0, 0)).pick(choice)).isNull();
    }

    @ParameterizedTest
    @EnumSource
    void pick_untilNoneIsLeft_findsEachServerOnce(BalanceConfig policy) {
        for (int size : new int[] {1, 2, 3, 1000}) {
            ServerSet servers = Servers.of(ones(size));
            Picker picker = picker(policy, servers);
            for (int round = 0; round < 3; round++) {
                choice.clear();
                assertThat(exhaust(picker)).hasSize(size);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void pick_excludedOrWithoutWeight_isNever(BalanceConfig policy) {
        RandomGenerator random = new SplittableRandom(SEED);
        for (int round = 0; round < 200; round++) {
            int[] weights = random.ints(random.nextInt(1, 8), 0, 4).toArray();
            weights[0] *= random.nextBoolean() ? 1 : 100_000;
            ServerSet servers = Servers.of(weights);
            for (int i = 0; i < weights.length; i++) {
                Servers.begin(servers.server(i), random.nextInt(3));
            }
            choice.clear();
            List<Server> picked = exhaust(picker(policy, servers));
            assertThat(picked)
                    .as("seed %d, weights %s", SEED, Arrays.toString(weights))
                    .doesNotHaveDuplicates();
            assertThat(picked).hasSize((int)
                    Arrays.stream(weights).filter(weight -> weight > 0).count());
            assertThat(picked).allMatch(server -> weightOf(server, servers) > 0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void pick_oneRequestAtATime_sharesByWeight(BalanceConfig policy) {
        for (int[] weights :
                new int[][] {{1}, {1, 1}, {1, 1, 1}, {3, 1}, {1, 3}, {5, 1, 1}, {7, 0, 2, 1}, {997, 101}, ones(1000)}) {
            ServerSet servers = Servers.of(weights);
            Picker picker = picker(policy, servers);
            int[] counts = new int[weights.length];
            for (int i = 0; i < 100_000; i++) {
                Server server = take(picker);
                counts[Servers.indexOf(server, servers)]++;
                server.end();
            }
            assertProportional(counts, weights);
        }
    }

    @ParameterizedTest
    @EnumSource
    void pick_manyRequestsInFlight_sharesByWeight(BalanceConfig policy) {
        for (int[] weights : new int[][] {{1, 1, 1}, {3, 1}, {5, 1, 1}, {4, 3, 2, 1}}) {
            ServerSet servers = Servers.of(weights);
            Picker picker = picker(policy, servers);
            int[] counts = new int[weights.length];
            Queue<Server> inFlight = new ArrayDeque<>();
            for (int i = 0; i < 50_000; i++) {
                inFlight.add(take(picker));
                if (inFlight.size() > 100) {
                    Server done = inFlight.remove();
                    counts[Servers.indexOf(done, servers)]++;
                    done.end();
                }
            }
            for (int i = 0; i < weights.length; i++) {
                double expected = (double) Arrays.stream(counts).sum()
                        * weights[i]
                        / Arrays.stream(weights).sum();
                assertThat(counts[i] / expected)
                        .as("weights %s, counts %s", Arrays.toString(weights), Arrays.toString(counts))
                        .isCloseTo(1, within(0.06));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void pick_oneServerExcluded_sharesItsPartByWeight(BalanceConfig policy) {
        ServerSet servers = Servers.of(4, 1, 1);
        Picker picker = picker(policy, servers);
        choice.exclude(servers.server(0));
        int[] counts = new int[3];
        for (int i = 0; i < 20_000; i++) {
            Server server = take(picker);
            counts[Servers.indexOf(server, servers)]++;
            server.end();
        }
        assertThat(counts[0]).isZero();
        assertThat(counts[1]).as(Arrays.toString(counts)).isBetween(8_000, 12_000);
    }

    @ParameterizedTest
    @EnumSource
    void pick_severalThreads_keepsInFlightExact(BalanceConfig policy) throws Exception {
        ServerSet servers = Servers.of(3, 2, 1, 1);
        Picker picker = picker(policy, servers);
        List<Callable<Integer>> loops = new ArrayList<>();
        for (int thread = 0; thread < 4; thread++) {
            long seed = SEED + thread;
            loops.add(() -> hammer(picker, seed));
        }
        int held = 0;
        try (ExecutorService executor = Executors.newFixedThreadPool(loops.size())) {
            for (Future<Integer> loop : executor.invokeAll(loops)) {
                held += loop.get();
            }
        }
        int inFlight = 0;
        for (int i = 0; i < servers.size(); i++) {
            inFlight += servers.server(i).inFlight();
        }
        assertThat(inFlight).isEqualTo(held);
    }

    @ParameterizedTest
    @EnumSource
    void pick_afterWarmUp_allocatesNothing(BalanceConfig policy) {
        ServerSet servers = Servers.of(3, 2, 1, 1);
        Picker picker = picker(policy, servers);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        spin(picker, 1_000);
        long before = threads.getCurrentThreadAllocatedBytes();
        spin(picker, 10_000);
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(1_000);
    }

    @Test
    void proportional_wrongShares_areSeen() {
        assertThat(chiSquare(new int[] {5_000, 5_000}, new int[] {3, 1})).isGreaterThan(bound(2));
    }

    private void spin(Picker picker, int picks) {
        for (int i = 0; i < picks; i++) {
            Server first = take(picker);
            choice.exclude(first);
            take(picker).end();
            choice.clear();
            if (i % 4 != 0) {
                first.end();
            }
        }
    }

    /** Picks, begins and ends like an event loop with some requests in flight; how many it leaves so. */
    private static int hammer(Picker picker, long seed) {
        Choice choice = new Choice(seed);
        Queue<Server> inFlight = new ArrayDeque<>();
        for (int i = 0; i < 100_000; i++) {
            Server server = Servers.pick(picker, choice);
            server.tryBegin();
            inFlight.add(server);
            while (inFlight.size() > 2 + choice.random(8)) {
                inFlight.remove().end();
            }
        }
        return inFlight.size();
    }

    private List<Server> exhaust(Picker picker) {
        List<Server> picked = new ArrayList<>();
        for (Server server = picker.pick(choice); server != null; server = picker.pick(choice)) {
            picked.add(server);
            choice.exclude(server);
        }
        Set<Server> different = new HashSet<>(picked);
        assertThat(different).hasSameSizeAs(picked);
        return picked;
    }

    private Server take(Picker picker) {
        Server server = Servers.pick(picker, choice);
        server.tryBegin();
        return server;
    }

    private static Picker picker(BalanceConfig policy, ServerSet servers) {
        return BalancingPolicy.prepare(policy, servers, Picker.NONE);
    }

    private static int[] ones(int size) {
        int[] ones = new int[size];
        Arrays.fill(ones, 1);
        return ones;
    }

    private static int weightOf(Server server, ServerSet servers) {
        return servers.weight(Servers.indexOf(server, servers));
    }

    private static void assertProportional(int[] counts, int[] weights) {
        assertThat(chiSquare(counts, weights))
                .as("seed %d, weights %s, counts %s", SEED, Arrays.toString(weights), Arrays.toString(counts))
                .isLessThan(bound(weights.length));
    }

    private static double chiSquare(int[] counts, int[] weights) {
        double perWeight =
                Arrays.stream(counts).sum() / (double) Arrays.stream(weights).sum();
        double sum = 0;
        for (int i = 0; i < counts.length; i++) {
            double expected = weights[i] * perWeight;
            if (expected == 0) {
                assertThat(counts[i]).isZero();
                continue;
            }
            sum += (counts[i] - expected) * (counts[i] - expected) / expected;
        }
        return sum;
    }

    /** The mean of chi-square for so many cells and five of its standard deviations. */
    private static double bound(int cells) {
        return cells + 5 * Math.sqrt(2.0 * cells);
    }
}
