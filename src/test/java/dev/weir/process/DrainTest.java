package dev.weir.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DrainTest {
    private static final Duration LONG = Duration.ofHours(1);
    private static final Duration SHORT = Duration.ofMillis(50);

    private final FakeTraffic traffic = new FakeTraffic();
    private final Drain drain = new Drain(traffic, progress -> {});

    /** Remembers what it was told. */
    private static final class FakeTraffic implements Drain.Traffic {
        private final List<String> told = new CopyOnWriteArrayList<>();
        private volatile Drain.Left left = new Drain.Left(0, 0, 0);
        private volatile boolean endsTunnels = true;

        @Override
        public Drain.Left left() {
            return left;
        }

        @Override
        public void drain(long idleNanos, long spreadNanos) {
            told.add("drain " + Duration.ofNanos(idleNanos));
        }

        @Override
        public void cutRequests() {
            told.add("cut requests");
            left = new Drain.Left(left.tunnels(), 0, left.tunnels());
        }

        @Override
        public void endTunnels() {
            if (endsTunnels) {
                left = new Drain.Left(left.requests(), left.requests(), 0);
            }
            told.add("end tunnels");
        }
    }

    private static Drain.Profile profile(Duration deadline, Duration tunnels, Duration idle) {
        return new Drain.Profile(deadline, tunnels, idle, Duration.ZERO);
    }

    private CompletableFuture<Void> running(Drain.Profile profile) {
        return CompletableFuture.runAsync(
                () -> drain.run(profile), task -> Thread.ofVirtual().start(task));
    }

    private static void ends(CompletableFuture<Void> run) throws Exception {
        run.get(30, TimeUnit.SECONDS);
    }

    @Test
    void run_nothingUnderWay_endsAtOnce() throws Exception {
        ends(running(profile(LONG, LONG, SHORT)));
        assertThat(traffic.told).containsExactly("drain PT0.05S");
    }

    @Test
    void run_requestDeadline_cutsRequestsAndWaitsForTunnels() throws Exception {
        traffic.left = new Drain.Left(5, 3, 2);
        CompletableFuture<Void> run = running(profile(SHORT, Duration.ofMillis(150), SHORT));
        ends(run);
        assertThat(traffic.told).containsExactly("drain PT0.05S", "cut requests", "end tunnels");
    }

    @Test
    void run_tunnelsDeadlineFirst_endsTunnelsAndWaitsForRequests() throws Exception {
        traffic.left = new Drain.Left(5, 3, 2);
        CompletableFuture<Void> run = running(profile(LONG, SHORT, SHORT));
        await().until(() -> traffic.told.contains("end tunnels"));
        assertThat(run).isNotDone();
        traffic.left = new Drain.Left(0, 0, 0);
        ends(run);
        assertThat(traffic.told).containsExactly("drain PT0.05S", "end tunnels");
    }

    @Test
    void run_tunnelsThatDoNotEnd_areNotWaitedForLong() throws Exception {
        traffic.left = new Drain.Left(1, 0, 1);
        traffic.endsTunnels = false;
        long begun = System.nanoTime();
        ends(running(profile(SHORT, SHORT, SHORT)));
        assertThat(System.nanoTime() - begun).isGreaterThanOrEqualTo(Drain.PARTING.toNanos());
        assertThat(traffic.told).contains("end tunnels");
    }

    @Test
    void hurry_underWay_endsAtOnce() throws Exception {
        traffic.left = new Drain.Left(5, 3, 2);
        CompletableFuture<Void> run = running(profile(LONG, LONG, LONG));
        drain.hurry();
        ends(run);
        assertThat(traffic.told).doesNotContain("cut requests", "end tunnels");
    }

    @Test
    void shorten_longDrain_endsByTheShorterOne() throws Exception {
        traffic.left = new Drain.Left(5, 5, 0);
        CompletableFuture<Void> run = running(profile(LONG, LONG, LONG));
        drain.shorten(profile(SHORT, SHORT, SHORT));
        ends(run);
        assertThat(traffic.told).startsWith("drain PT1H", "drain PT0.05S");
    }

    @Test
    void delay_passed_isOver() throws Exception {
        long begun = System.nanoTime();
        ends(CompletableFuture.runAsync(() -> drain.delay(SHORT)));
        assertThat(System.nanoTime() - begun).isGreaterThanOrEqualTo(SHORT.toNanos());
        assertThat(traffic.told).isEmpty();
    }

    @Test
    void delay_hurried_isOver() throws Exception {
        CompletableFuture<Void> delay = CompletableFuture.runAsync(() -> drain.delay(LONG));
        drain.hurry();
        ends(delay);
        assertThat(traffic.told).isEmpty();
    }
}
