package dev.weir.health;

import dev.weir.http.BodyFraming;
import dev.weir.http.Headers;
import dev.weir.http.ResponseHead;
import dev.weir.loop.Deadline;
import dev.weir.loop.Loop;
import dev.weir.observe.Cause;
import dev.weir.upstream.ClientEndpoints;
import dev.weir.upstream.Delivery;
import dev.weir.upstream.UpstreamClaim;
import dev.weir.upstream.UpstreamListener;
import dev.weir.upstream.UpstreamPool;
import dev.weir.upstream.UpstreamStream;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * One active check under way: a connection of its own, what is asked on it, and the time that all of it may take. It ends
 * with exactly one verdict. Confined to the loop of the checks.
 */
final class Check implements UpstreamListener {
    /** How long a server may take to close a connection after a check that said nothing on it. */
    private static final long LINGER_NANOS = 1_000_000_000;

    /** Hears how checks go. */
    interface Listener {
        /** Once for each check. */
        void judged(Verdict verdict, long tookNanos);

        /** Nothing of the check is left; after {@link #judged}. */
        void ended(Check check);
    }

    private enum State {
        CONNECTING,
        AWAITING_HEAD,
        AWAITING_BODY,
        /** The verdict has been given; the connection closes. */
        JUDGED
    }

    private final Loop loop;
    private final UpstreamPool pool;
    private final Question question;
    private final long timeoutNanos;
    private final long connectNanos;
    private final Listener listener;
    private final long start;
    private final Deadline deadline = new Deadline(this::expired);
    private State state = State.CONNECTING;
    private @Nullable UpstreamClaim claim;

    /**
     * Makes ready; {@link #begin} begins.
     *
     * @param pool for this check alone
     * @param connectNanos how long the pool lets connecting take
     */
    Check(Loop loop, UpstreamPool pool, Question question, long timeoutNanos, long connectNanos, Listener listener) {
        this.loop = loop;
        this.pool = pool;
        this.question = question;
        this.timeoutNanos = timeoutNanos;
        this.connectNanos = connectNanos;
        this.listener = listener;
        this.start = loop.now();
    }

    void begin() {
        loop.timers().arm(deadline, start, timeoutNanos);
        claim = question.connect(pool, this, start);
    }

    /** Ends at once. */
    void stop() {
        if (state == State.JUDGED) {
            end();
        } else {
            judge(Verdict.down(Cause.STOPPING, ""));
        }
    }

    private void expired() {
        switch (state) {
            case CONNECTING -> judge(late(Cause.CONNECT_TIMEOUT, timeoutNanos));
            case AWAITING_HEAD -> judge(late(Cause.FIRST_BYTE_TIMEOUT, timeoutNanos));
            case AWAITING_BODY -> judge(late(Cause.RESPONSE_BODY_TIMEOUT, timeoutNanos));
            case JUDGED -> end();
        }
    }

    private static Verdict late(Cause cause, long nanos) {
        String what = switch (cause) {
            case CONNECT_TIMEOUT -> "no connection within ";
            case RESPONSE_BODY_TIMEOUT -> "answer not complete within ";
            default -> "no answer within ";
        };
        long millis = nanos / 1_000_000;
        String within = millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
        return new Verdict(false, cause, what + within);
    }

    private void judge(@Nullable Verdict verdict) {
        if (verdict == null || state == State.JUDGED) {
            return;
        }
        boolean silent = state == State.CONNECTING && verdict.up();
        state = State.JUDGED;
        long took = loop.now() - start;
        String evidence = verdict.up() ? verdict.evidence() + " in " + millis(took) : verdict.evidence();
        listener.judged(new Verdict(verdict.up(), verdict.cause(), evidence), took);
        if (silent && claim instanceof UpstreamStream connection) {
            // Closing at once would answer a greeting of the server by a reset, which many servers log.
            loop.timers().arm(deadline, loop.now(), LINGER_NANOS);
            connection.sendEnd(Headers.EMPTY);
        } else {
            end();
        }
    }

    private static String millis(long nanos) {
        return nanos < 1_000_000 ? "0." + nanos / 100_000 + " ms" : (nanos + 500_000) / 1_000_000 + " ms";
    }

    private void end() {
        loop.timers().remove(deadline);
        UpstreamClaim left = claim;
        claim = null;
        if (left != null) {
            left.cancel();
        }
        listener.ended(this);
    }

    // ---- what the connection tells ----

    @Override
    public boolean replayable() {
        return true;
    }

    @Override
    public ClientEndpoints client() {
        return ClientEndpoints.OWN;
    }

    @Override
    public void onConnected(UpstreamStream stream) {
        claim = stream;
        Verdict verdict = question.ask(stream);
        if (verdict == null) {
            state = State.AWAITING_HEAD;
            stream.flush();
        }
        judge(verdict);
    }

    @Override
    public void onInterim(ResponseHead head) {
        // The answer is still to come.
    }

    @Override
    public void onHead(ResponseHead head, BodyFraming framing) {
        state = State.AWAITING_BODY;
        judge(question.head(head));
    }

    @Override
    public void onTunnel(ResponseHead head, UpstreamStream tunnel) {
        claim = tunnel;
        judge(Verdict.down(Cause.UPGRADE_FAILED, ""));
    }

    @Override
    public void onData(ByteBuf in, int length) {
        if (state == State.JUDGED) {
            in.skipBytes(length);
            return;
        }
        judge(question.content(in, length));
    }

    @Override
    public void onReadComplete() {
        // Nothing is passed on.
    }

    @Override
    public void onEnd(Headers trailers) {
        if (state == State.JUDGED) {
            end();
            return;
        }
        claim = null;
        judge(question.end(trailers));
    }

    @Override
    public void onWritable() {
        // A check sends little, and all of it at once.
    }

    @Override
    public void onFailure(Cause cause, Delivery delivery, String detail) {
        claim = null;
        if (state == State.JUDGED) {
            end();
            return;
        }
        judge(failure(cause, detail));
    }

    private Verdict failure(Cause cause, String detail) {
        return switch (cause) {
            case CONNECT_TIMEOUT -> late(cause, Math.min(connectNanos, timeoutNanos));
            case FIRST_BYTE_TIMEOUT, RESPONSE_BODY_TIMEOUT -> late(cause, timeoutNanos);
            // What the system says beyond that is the address, which is known.
            case CONNECT_REFUSED -> Verdict.down(cause, "");
            default -> Verdict.down(cause, detail);
        };
    }
}
