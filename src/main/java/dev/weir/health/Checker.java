package dev.weir.health;

import com.google.re2j.Pattern;
import dev.weir.config.HealthConfig;
import dev.weir.http.ProtocolViolation;
import dev.weir.loop.Loop;
import dev.weir.loop.Transport;
import dev.weir.observe.Cause;
import dev.weir.observe.Meters;
import dev.weir.observe.ServerMeters;
import dev.weir.pool.Server;
import dev.weir.upstream.UpstreamPool;
import dev.weir.upstream.UpstreamSettings;
import dev.weir.upstream.Upstreams;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes active checks of servers, as many at once as are wanted, on the one event loop of the thread {@code weir-checks}.
 * It connects and speaks by the very code by which requests are sent, so that what fails for them fails here, but it
 * shares no loop and no connection with them. When a check is due, and what follows from it, is its caller's to say.
 */
public final class Checker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Checker.class);
    private static final int READ_BYTES = 16 << 10;
    private static final int KEPT_PATTERNS = 1024;
    /** A timeout that is noticed so much later was not noticed for want of time; timers are at most 17 ms late. */
    private static final long LATE_NANOS = 100_000_000;
    /** The share of a processor with which the thread is as good as always at work. */
    private static final double BUSY = 0.8;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final EventLoopGroup group;
    private final Loop loop;

    // Confined to the loop.
    private final Upstreams upstreams;
    private final ServerMeters meters;
    private final Set<Check> running = new HashSet<>();
    private final Map<String, Pattern> patterns = new Patterns();
    private boolean stopping;

    /** The compiled patterns of late, by their text. */
    private static final class Patterns extends LinkedHashMap<String, Pattern> {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Pattern> eldest) {
            return size() > KEPT_PATTERNS;
        }
    }

    private Checker(Transport transport) {
        ThreadFactory thread = task -> new FastThreadLocalThread(task, "weir-checks");
        group = new MultiThreadIoEventLoopGroup(1, thread, transport.io());
        loop = new Loop(0, group.next(), transport, READ_BYTES);
        Meters own = new Meters(1);
        upstreams = new Upstreams(loop, own.loop(0));
        meters = own.loop(0).server("", "checks");
    }

    /** Ready for checks; its thread starts with the first. */
    public static Checker start(Transport transport) {
        return new Checker(transport);
    }

    /**
     * Begins one check of a server. Any thread.
     *
     * @param health of the type http, tcp or grpc; auto is tcp
     * @param settings how the server's pool connects
     * @param result is given exactly one result on this checker's loop, and must not block; when this was closed before,
     *     on the calling thread
     */
    public void check(Server server, HealthConfig health, UpstreamSettings settings, Consumer<CheckResult> result) {
        try {
            loop.executor().execute(() -> begin(server, health, settings, result));
        } catch (RejectedExecutionException closed) {
            tell(server, result, stopped());
        }
    }

    private void begin(Server server, HealthConfig health, UpstreamSettings settings, Consumer<CheckResult> result) {
        if (stopping) {
            tell(server, result, stopped());
            return;
        }
        Question question;
        try {
            question = question(server, health);
        } catch (ProtocolViolation unsound) {
            tell(
                    server,
                    result,
                    internal("this is no sound request: " + unsound.violation().text()));
            return;
        } catch (RuntimeException failure) {
            LOG.error("server {}: this check cannot be made; please report this", server, failure);
            tell(server, result, internal("this check cannot be made"));
            return;
        }
        long nanos = health.timeout().toNanos();
        UpstreamSettings own = settings.once(nanos, health.type() == HealthConfig.Type.GRPC);
        UpstreamPool pool = upstreams.apart(server, endpoints(server, health.port()), own, meters);
        Check check = new Check(loop, pool, question, nanos, own.connectNanos(), new Told(server, result, nanos));
        running.add(check);
        check.begin();
    }

    private static SocketAddress[] endpoints(Server server, int port) {
        SocketAddress[] known = server.endpoints();
        if (port == 0) {
            return known;
        }
        SocketAddress[] moved = Arrays.copyOf(known, known.length);
        for (int i = 0; i < moved.length; i++) {
            if (moved[i] instanceof InetSocketAddress inet) {
                moved[i] = new InetSocketAddress(inet.getAddress(), port);
            }
        }
        return moved;
    }

    private Question question(Server server, HealthConfig health) {
        return switch (health.type()) {
            case HTTP -> new HttpQuestion(health, CheckRequest.http(health, server.address()), pattern(health));
            case TCP, AUTO -> new TcpQuestion();
            case GRPC -> new GrpcQuestion(health, CheckRequest.grpc(health, server.address()));
            case OFF -> throw new IllegalArgumentException("health: no check of the type " + health.type());
        };
    }

    private @Nullable Pattern pattern(HealthConfig health) {
        return health.matches().isEmpty() ? null : patterns.computeIfAbsent(health.matches(), Pattern::compile);
    }

    /** Passes on what one check finds. */
    private final class Told implements Check.Listener {
        private final Server server;
        private final Consumer<CheckResult> result;
        private final long timeoutNanos;
        private final long usedBefore = THREADS.getCurrentThreadCpuTime();

        Told(Server server, Consumer<CheckResult> result, long timeoutNanos) {
            this.server = server;
            this.result = result;
            this.timeoutNanos = timeoutNanos;
        }

        @Override
        public void judged(Verdict verdict, long tookNanos) {
            boolean conclusive = !timedOut(verdict.cause()) || !behind(tookNanos);
            tell(
                    server,
                    result,
                    new CheckResult(
                            verdict.up(),
                            verdict.cause(),
                            Duration.ofNanos(tookNanos),
                            verdict.evidence(),
                            conclusive));
        }

        private static boolean timedOut(@Nullable Cause cause) {
            return cause == Cause.CONNECT_TIMEOUT
                    || cause == Cause.FIRST_BYTE_TIMEOUT
                    || cause == Cause.RESPONSE_BODY_TIMEOUT;
        }

        /** Whether this thread had so much to do meanwhile, or so little of a processor, that an answer may lie unread. */
        private boolean behind(long tookNanos) {
            long used = THREADS.getCurrentThreadCpuTime() - usedBefore;
            return tookNanos - timeoutNanos > LATE_NANOS || used > tookNanos * BUSY;
        }

        @Override
        public void ended(Check check) {
            running.remove(check);
        }
    }

    private static void tell(Server server, Consumer<CheckResult> to, CheckResult result) {
        try {
            to.accept(result);
        } catch (RuntimeException failure) {
            LOG.error("server {}: the result of a check was not taken; please report this", server, failure);
        }
    }

    private static CheckResult stopped() {
        return new CheckResult(false, Cause.STOPPING, Duration.ZERO, Cause.STOPPING.id());
    }

    private static CheckResult internal(String evidence) {
        return new CheckResult(false, Cause.INTERNAL, Duration.ZERO, evidence);
    }

    /** The loop on which all checks run. */
    EventLoop executor() {
        return loop.executor();
    }

    /** Ends all checks, whose results tell that Weir stops, and the thread. Waits for that; not to be called on the loop. */
    @Override
    public void close() {
        try {
            loop.executor().submit(this::stop).awaitUninterruptibly();
        } catch (RejectedExecutionException closedBefore) {
            return;
        }
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        // Its thread has ended: until then channels that close could have read.
        loop.close();
    }

    private void stop() {
        stopping = true;
        for (Check check : List.copyOf(running)) {
            check.stop();
        }
    }
}
