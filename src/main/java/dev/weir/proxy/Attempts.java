package dev.weir.proxy;

import dev.weir.balance.Choice;
import dev.weir.balance.Pool;
import dev.weir.http.ResponseHead;
import dev.weir.observe.Cause;
import dev.weir.pool.Server;
import dev.weir.upstream.Delivery;
import dev.weir.upstream.UpstreamStream;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The way of one request to a server that answers it: one is chosen, or waited for; where the attempt there fails, is
 * turned away or loses its server, another is made if there is one left to make ({@link Retry}). Whether the request may
 * be sent again is known to {@link HeldRequest}, and what is done with an answer to {@link Exchange}.
 *
 * <p>Belongs to one exchange and is used again for its next request. Confined to its loop.
 */
final class Attempts {
    /** A connection that closes while a request is sent on it has done so within a round trip. */
    private static final long RACE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    final Worker worker;
    private final Exchange exchange;
    private final Choice choice;
    private final Retry retry = new Retry(this);
    private final ServerWait wait = new ServerWait(this);

    /** The attempt that counts; beside it, while both wait for an answer, there may be a {@link Hedge}'s. */
    private Attempt current;

    private final Hedge hedge;
    private RequestPlan.@Nullable Destination destination;
    private int count;

    Attempts(Exchange exchange, Choice choice) {
        this.worker = exchange.worker;
        this.exchange = exchange;
        this.choice = choice;
        this.current = new Attempt(exchange, this);
        this.hedge = new Hedge(this);
    }

    /** An attempt that has not begun. */
    Attempt another() {
        return new Attempt(exchange, this);
    }

    // ---- the first ----

    /** The request goes there. */
    void begin(RequestPlan.Destination to) {
        destination = to;
        to.budget().arrived(worker.loop().index());
        tryServer(Cause.NO_SERVER);
    }

    /** {@code why}: the failure that leads here, or {@link Cause#NO_SERVER}. */
    void tryServer(Cause why) {
        Pool pool = destination().pool();
        boolean overtaking = count == 0 && pool.line().length() > 0;
        Server server = overtaking ? null : chooseServer();
        if (server != null) {
            start(server);
        } else if (overtaking || !pool.admits()) {
            choice.clear(); // those tried may be back by then
            if (!wait.begin(pool, why)) {
                exchange.refuse(why == Cause.NO_SERVER && pool.up() ? Cause.QUEUE_FULL : why, "");
            }
        } else {
            exchange.refuse(why, "");
        }
    }

    /** Counted in at the server that is chosen; null when none takes the request. */
    private @Nullable Server chooseServer() {
        Pool pool = destination().pool();
        Server server = pool.pick(choice);
        while (server != null && !server.tryBegin()) {
            server = pool.pick(choice); // another loop took the last place
        }
        return server;
    }

    private void start(Server server) {
        boolean first = count == 0;
        start(current, server, false);
        if (first && !exchange.passing()) {
            hedge.begin(destination().hedging());
        }
    }

    private void start(Attempt which, Server server, boolean fresh) {
        choice.exclude(server);
        count++;
        which.start(server, fresh, count > 1);
    }

    // ---- the wait for a server ----

    /** There may be a server now for which this has waited. */
    void resume() {
        Server server = chooseServer();
        if (server == null) {
            wait.goOn();
        } else {
            wait.served();
            start(server);
        }
    }

    void waitedInVain(Cause why) {
        Cause first = wait.reason();
        exchange.refuse(why, first == Cause.NO_SERVER ? "" : "Before that: " + first.text());
    }

    // ---- further ones ----

    /** Starts one more beside the one that has not been answered; false when that cannot be. */
    boolean startBeside(Attempt second, Hedging hedging) {
        if (exchange.answered() || !current.live() || !exchange.held().mayRepeat() || !retry.left()) {
            return false;
        }
        Server other = chooseServer();
        if (other == null) {
            return false;
        }
        if (!hedging.share().tryTake(worker.now()) || !retry.takeCredit()) {
            other.end();
            return false;
        }
        start(second, other, false);
        return true;
    }

    /**
     * {@code from} is answered, and alone counts from now on.
     *
     * @return false when the answer is turned away, and another server is asked
     */
    boolean accept(Attempt from, ResponseHead head) {
        current = hedge.won(current, from);
        return !(retry.unwelcome(head) && exchange.held().mayRepeat() && elsewhere(Retry.STATUS));
    }

    /**
     * {@code from} has ended without an answer.
     *
     * @param reused whether it was on a connection that had served a request before
     * @param safe whether the request may be sent again
     * @return false when nothing comes of it any more, and Weir has to answer
     */
    boolean goOn(Attempt from, Cause why, boolean reused, boolean safe) {
        if (hedge.running()) {
            current = hedge.lost(current, from);
            return true;
        }
        if (!safe) {
            return false;
        }
        if (retry.takeFresh(why, reused) && tryFresh(why)) {
            return true;
        }
        if (Retry.worthwhile(why) && retry.take(why.id())) {
            tryAgain(why);
            return true;
        }
        return false;
    }

    /**
     * On a fresh connection, to the same server: it closed the one before for another reason than this request. If it had
     * the request for a while it may have died, and another server is rather asked.
     */
    private boolean tryFresh(Cause why) {
        boolean race = why != Cause.SERVER_CLOSED || current.age() <= RACE_NANOS;
        Server other = race || !retry.left() ? null : chooseServer();
        if (other != null) {
            retry.note(why.id());
            start(other);
            return true;
        }
        Server same = current.server();
        if (same == null || !same.tryBegin()) {
            return false;
        }
        retry.note(Retry.REUSE_RACE);
        start(current, same, true);
        return true;
    }

    /** At a server that was not asked yet, at once; else at any of them, later; else at the first that is up again. */
    private void tryAgain(Cause why) {
        Server other = chooseServer();
        if (other != null) {
            start(other);
        } else if (why != Cause.UPGRADE_UNSUPPORTED && destination().pool().admits()) {
            retry.pause(why, choice);
        } else {
            tryServer(why);
        }
    }

    /** Leaves what the present server has to say, for another; false when there is none, or no credit. */
    private boolean elsewhere(String reason) {
        Server other = chooseServer();
        if (other == null) {
            return false;
        }
        if (!retry.take(reason)) {
            other.end();
            return false;
        }
        current.leave();
        start(other);
        return true;
    }

    /**
     * The server that has the request went down, and has not begun to answer. Where no other can be asked the wait goes
     * on: the answer may still come.
     */
    void serverDown(Attempt from) {
        if (hedge.running()) {
            from.cancel();
            current = hedge.lost(current, from);
        } else if (exchange.held().replayableAfter(Delivery.POSSIBLE) && retry.left()) {
            elsewhere(Cause.SERVER_DOWN.id());
        }
    }

    /**
     * Nothing more is to come from this server: if the request waits for its answer, it is tried elsewhere where that is
     * safe.
     *
     * @return whether the server is needed still
     */
    boolean leave(Server gone) {
        if (isWith(gone)) {
            current.giveUp();
        }
        return isWith(gone);
    }

    private boolean isWith(Server one) {
        return current.live() && one.equals(current.server());
    }

    // ---- what there is ----

    RequestPlan.Destination destination() {
        return Objects.requireNonNull(destination, "no route was found");
    }

    /** The pool's name; empty when no route matched. */
    String poolName() {
        return destination == null ? "" : destination.pool().name();
    }

    int count() {
        return count;
    }

    /** What the last further attempt was made for; empty when there was none. */
    String retriedFor() {
        return retry.reason();
    }

    /** The one that counts, whether or not it has begun. */
    Attempt current() {
        return current;
    }

    boolean isCurrent(Attempt one) {
        return one == current;
    }

    /** Where the request goes; null while no connection is there and after the end. */
    @Nullable UpstreamStream stream() {
        return current.stream();
    }

    // ---- the end ----

    /** Ends whatever is under way. */
    void cancel() {
        wait.cancel();
        retry.cancel();
        hedge.cancel();
        current.cancel();
    }

    /** Makes this ready for another request; nothing is under way. */
    void clear() {
        assert !wait.waiting();
        destination = null;
        current.forget();
        choice.clear();
        retry.clear();
        hedge.clear();
        count = 0;
    }
}
