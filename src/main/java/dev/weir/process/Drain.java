package dev.weir.process;

import dev.weir.config.DrainConfig;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The end of what is under way when no more is accepted: requests have their time, tunnels have theirs, idle connections
 * a short one; every few seconds it says what is left. One thread runs it; any other may shorten it.
 */
public final class Drain {
    /**
     * How long what is under way may go on.
     *
     * @param spread over how long connections that are kept open begin to end
     */
    public record Profile(Duration deadline, Duration tunnels, Duration idle, Duration spread) {
        public static Profile of(DrainConfig config) {
            return new Profile(config.deadline(), config.tunnels(), config.idle(), config.spread());
        }
    }

    /** What is under way. */
    public record Left(long connections, long requests, long tunnels) {
        @Override
        public String toString() {
            return count(connections, "connection") + ", " + count(requests, "request") + ", "
                    + count(tunnels, "tunnel");
        }

        private static String count(long number, String what) {
            return number + " " + what + (number == 1 ? "" : "s");
        }
    }

    /** What is drained. None of these waits. */
    public interface Traffic {
        Left left();

        /**
         * Connections end after what is under way, idle ones after so long; each from some moment within {@code spreadNanos}
         * on. Also called again, with less.
         */
        void drain(long idleNanos, long spreadNanos);

        void cutRequests();

        void endTunnels();
    }

    /** How long servers may take to end the tunnels that end. */
    static final Duration PARTING = Duration.ofSeconds(2);

    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long TELL_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final Profile AT_ONCE = new Profile(Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO);

    private final Traffic traffic;
    private final Consumer<String> progress;
    /** What others want of the thread that drains. */
    private final BlockingQueue<Profile> shorter = new LinkedBlockingQueue<>();

    private volatile boolean hurried;
    private long requestsUntil = Long.MAX_VALUE;
    private long tunnelsUntil = Long.MAX_VALUE;

    /** @param progress told what is left, as a clause */
    public Drain(Traffic traffic, Consumer<String> progress) {
        this.traffic = traffic;
        this.progress = progress;
    }

    /** From now on nothing may go on for longer than this. */
    public void shorten(Profile profile) {
        shorter.add(profile);
    }

    /** Waits no longer. */
    public void hurry() {
        hurried = true;
        shorter.add(AT_ONCE);
    }

    /** Waits so long, with all as it is; less when it is hurried. */
    public void delay(Duration delay) {
        long end = System.nanoTime() + delay.toNanos();
        long left;
        while (!hurried && (left = end - System.nanoTime()) > 0) {
            poll(left);
        }
    }

    /** Returns when nothing is left that may go on. */
    public void run(Profile profile) {
        long begun = System.nanoTime();
        apply(profile, 0);
        boolean requestsCut = false;
        boolean tunnelsEnded = false;
        long told = 0;
        while (!hurried) {
            long now = System.nanoTime() - begun;
            Left left = traffic.left();
            boolean over = now >= requestsUntil && (left.tunnels() == 0 || now >= tunnelsUntil + PARTING.toNanos());
            if (left.connections() == 0 || over) {
                return;
            }
            if (now >= requestsUntil && !requestsCut) {
                requestsCut = true;
                traffic.cutRequests();
            }
            if (now >= tunnelsUntil && !tunnelsEnded) {
                tunnelsEnded = true;
                traffic.endTunnels();
            }
            if (now - told >= TELL_NANOS) {
                told = now;
                progress.accept(left + timeLeft(now, left));
            }
            Profile less = poll(LOOK_NANOS);
            if (less != null) {
                apply(less, now);
            }
        }
    }

    private String timeLeft(long now, Left left) {
        long until = left.tunnels() > 0 ? Math.max(requestsUntil, tunnelsUntil) : requestsUntil;
        return until > now ? ", for at most " + TimeUnit.NANOSECONDS.toSeconds(until - now) + " s more" : "";
    }

    private void apply(Profile profile, long now) {
        requestsUntil = Math.min(requestsUntil, now + profile.deadline().toNanos());
        tunnelsUntil = Math.min(tunnelsUntil, now + profile.tunnels().toNanos());
        traffic.drain(profile.idle().toNanos(), profile.spread().toNanos());
    }

    private @Nullable Profile poll(long nanos) {
        try {
            return shorter.poll(nanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException nobodyDoes) {
            hurried = true;
            Thread.currentThread().interrupt();
            return null;
        }
    }
}
