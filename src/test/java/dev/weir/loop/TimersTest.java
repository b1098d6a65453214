package dev.weir.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TimersTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final FakeLoop loop = new FakeLoop();
    private final Timers timers = new Timers(() -> loop.now, loop);

    /** A clock, and the wake-ups that were asked for. */
    private static final class FakeLoop implements Timers.Waker {
        long now = -5 * SECOND;
        int scheduled;
        private final List<WakeUp> pending = new ArrayList<>();

        private static final class WakeUp extends CompletableFuture<@Nullable Void> {
            final Runnable task;
            final long at;

            WakeUp(Runnable task, long at) {
                this.task = task;
                this.at = at;
            }
        }

        @Override
        public Future<?> wakeAfter(Runnable task, long delay, TimeUnit unit) {
            assertThat(delay).isNotNegative();
            scheduled++;
            WakeUp wakeUp = new WakeUp(task, now + unit.toNanos(delay));
            pending.add(wakeUp);
            return wakeUp;
        }

        int outstanding() {
            pending.removeIf(CompletableFuture::isCancelled);
            return pending.size();
        }

        /** Lets time pass; wake-ups that are due run, each at its own time. */
        void advanceTo(long time) {
            while (true) {
                outstanding();
                @Nullable WakeUp next = null;
                for (WakeUp each : pending) {
                    next = each.at <= time && (next == null || each.at < next.at) ? each : next;
                }
                if (next == null) {
                    break;
                }
                pending.remove(next);
                now = Math.max(now, next.at);
                next.task.run();
            }
            now = time;
        }
    }

    @Test
    void deadline_armed_comesOnceAndAtMostATickLate() {
        List<Long> came = new ArrayList<>();
        Deadline deadline = new Deadline(() -> came.add(loop.now));
        long due = loop.now + SECOND;
        timers.arm(deadline, loop.now, SECOND);
        loop.advanceTo(due - 1);
        assertThat(came).isEmpty();
        loop.advanceTo(due + 10 * SECOND);
        assertThat(came).hasSize(1);
        assertThat(came.get(0)).isBetween(due, due + Timers.TICK_NANOS);
        assertThat(deadline.armed()).isFalse();
    }

    @Test
    void deadlineMovedLater_costsNoWakeUp() {
        Deadline deadline = new Deadline(() -> {});
        timers.arm(deadline, loop.now, SECOND);
        for (int i = 0; i < 1_000; i++) {
            loop.advanceTo(loop.now + 100_000);
            timers.arm(deadline, loop.now, SECOND);
        }
        assertThat(loop.scheduled).isEqualTo(1);
        assertThat(loop.outstanding()).isEqualTo(1);
    }

    @Test
    void empty_neverWakes() {
        Deadline deadline = new Deadline(() -> {});
        timers.arm(deadline, loop.now, SECOND);
        loop.advanceTo(loop.now + 2 * SECOND);
        assertThat(loop.outstanding()).isZero();
        int before = loop.scheduled;
        loop.advanceTo(loop.now + 1_000 * SECOND);
        assertThat(loop.scheduled).isEqualTo(before);
    }

    @Test
    void removed_neverComesAndEndsTheWakeUps() {
        Deadline deadline = new Deadline(() -> {
            throw new AssertionError("removed");
        });
        timers.arm(deadline, loop.now, SECOND);
        timers.remove(deadline);
        assertThat(deadline.armed()).isFalse();
        loop.advanceTo(loop.now + 100 * SECOND);
        assertThat(loop.outstanding()).isZero();
    }

    @Test
    void beyondTheWheel_comesInTime() {
        long[] came = {0};
        Deadline deadline = new Deadline(() -> came[0] = loop.now);
        long due = loop.now + 7_200 * SECOND;
        timers.arm(deadline, loop.now, 7_200 * SECOND);
        loop.advanceTo(due + SECOND);
        assertThat(came[0]).isBetween(due, due + Timers.TICK_NANOS);
    }

    @Test
    void action_removesAndArmsOthersOfItsSlot_noneIsLost() {
        List<String> came = new ArrayList<>();
        Deadline removed = new Deadline(() -> came.add("removed"));
        Deadline again = new Deadline(() -> came.add("again"));
        Deadline first = new Deadline(() -> {
            came.add("first");
            timers.remove(removed);
            timers.arm(again, loop.now, 0);
        });
        timers.arm(again, loop.now, SECOND);
        timers.arm(removed, loop.now, SECOND);
        timers.arm(first, loop.now, SECOND);
        loop.advanceTo(loop.now + 2 * SECOND);
        assertThat(came).containsExactly("first", "again");
    }

    /** What the wheel promises, kept naively. */
    private static final class Model {
        final Deadline deadline;
        long due = Long.MAX_VALUE;

        Model(FakeLoop loop, List<String> problems) {
            deadline = new Deadline(() -> {
                if (loop.now < due || loop.now > due + Timers.TICK_NANOS) {
                    problems.add("due " + due + " but came at " + loop.now);
                }
                due = Long.MAX_VALUE;
            });
        }
    }

    @Test
    void randomOperations_neverEarlyAtMostATickLateOneWakeUp() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        List<String> problems = new ArrayList<>();
        List<Model> models = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            models.add(new Model(loop, problems));
        }
        for (int step = 0; step < 200_000; step++) {
            Model model = models.get(random.nextInt(models.size()));
            switch (random.nextInt(8)) {
                case 0 -> {
                    timers.remove(model.deadline);
                    model.due = Long.MAX_VALUE;
                }
                case 1 -> {
                    model.deadline.disarm();
                    model.due = Long.MAX_VALUE;
                }
                case 2 ->
                    loop.advanceTo(loop.now + (random.nextInt(100) == 0 ? span(random) : random.nextLong(SECOND)));
                default -> {
                    long delay = span(random);
                    model.due = loop.now + delay;
                    timers.arm(model.deadline, loop.now, delay);
                }
            }
            assertThat(loop.outstanding()).isLessThanOrEqualTo(1);
            for (Model each : models) {
                if (each.due + Timers.TICK_NANOS < loop.now && each.due != Long.MAX_VALUE) {
                    problems.add("due " + each.due + " but has not come at " + loop.now);
                }
            }
            assertThat(problems).as("step %s", step).isEmpty();
        }
    }

    /** From nothing to beyond the wheel's reach of some 17 seconds. */
    private static long span(Random random) {
        return (long) Math.pow(10, random.nextDouble() * 11) - 1;
    }
}
