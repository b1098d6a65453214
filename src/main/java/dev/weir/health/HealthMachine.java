package dev.weir.health;

import dev.weir.config.AdminState;
import dev.weir.observe.Cause;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The state of one server, from its checks, from what its traffic tells, and from what an operator wants. Pure: time is
 * an argument, in nanoseconds that only grow, and the same inputs give the same states. docs/availability.md has the
 * picture. Whether a server may be ejected depends on the others, so that is decided before {@link #eject} is called.
 */
final class HealthMachine {
    static final int CHANGES = 32;
    static final int CHECKS = 16;
    /** So many requests in a row must succeed before a server that was ejected is trusted again. */
    static final int PROBES = 3;

    private static final long FIRST_BACK_OFF = Duration.ofSeconds(1).toNanos();
    /** Slow start is held back while the server is slow, but never beyond so many times its duration. */
    private static final int LONGEST_WARM_UP = 4;

    /** The outcome of a check, and when it was known. */
    record Checked(long nanos, CheckResult result) {}

    private HealthRules rules;
    private final Flapping flapping = new Flapping();
    private final ArrayDeque<Change> changes = new ArrayDeque<>();
    private final ArrayDeque<Checked> checks = new ArrayDeque<>();
    private final ArrayDeque<Change> untold = new ArrayDeque<>();

    private AdminState admin = AdminState.READY;
    /** The state as far as the operator does not overrule it. */
    private ServerState health;

    private ServerState state;
    private long since;
    private int passed;
    private int failed;
    /** The latest that is known of connections to it is that they are refused. */
    private boolean refusing;
    /** Requests wait for it while others are answered. */
    private boolean suspected;
    /** It was ejected and has not yet shown that it works. */
    private boolean distrusted;

    private long downAt;
    /** When an ejection or a back-off is over. */
    private long returnAt;
    /** How often it was ejected or refused lately; one less with each healthy stretch. */
    private int repetitions;

    private long lastPenalty;
    private long healthySince;
    private int probesPassed;
    private long warmed;
    private long warmedAt;
    /** It has come to others that are at work, and is given its share bit by bit. */
    private final boolean added;

    /** {@code added}: whether it comes to servers that are at work. */
    HealthMachine(HealthRules rules, boolean added, long now) {
        this.rules = rules;
        this.added = added;
        health = initial(rules);
        if (added && health == ServerState.UP) {
            health = warmUp(now);
        }
        state = health;
        since = now;
        healthySince = now;
        changes.add(new Change(now, state, state, Reason.STARTED, "the server is new"));
    }

    private static ServerState initial(HealthRules rules) {
        if (!rules.checked()) {
            return ServerState.UP;
        }
        return switch (rules.checks().initial()) {
            case CHECKING -> ServerState.CHECKING;
            case UP -> ServerState.UP;
            case DOWN -> ServerState.DOWN;
        };
    }

    // What others see.

    ServerState state() {
        return state;
    }

    /** The state that holds as soon as the operator wants the server to be ready. */
    ServerState health() {
        return health;
    }

    AdminState admin() {
        return admin;
    }

    long since() {
        return since;
    }

    Change lastChange() {
        return changes.getLast();
    }

    /** Whether there is a change that was not taken yet. */
    boolean changed() {
        return !untold.isEmpty();
    }

    /** The next change that was not taken yet; null when all were. */
    @Nullable Change takeChange() {
        return untold.pollFirst();
    }

    List<Change> changes() {
        return new ArrayList<>(changes);
    }

    List<Checked> checks() {
        return new ArrayList<>(checks);
    }

    boolean refusing() {
        return refusing;
    }

    boolean flapping(long now) {
        return flapping.now(now);
    }

    /** When an ejected server is tried again, or one without checks that is down; meaningless otherwise. */
    long returnAt() {
        return returnAt;
    }

    /** The share of its weight that it gets, in tenths. */
    int tenths() {
        if (health != ServerState.SLOW_START) {
            return 10;
        }
        return Math.clamp(10 * warmed / Math.max(1, rules.slowStart()), 1, 10);
    }

    /** Whether it is about to change with time alone, or may be soon. */
    boolean unsettled() {
        return switch (health) {
            case EJECTED, PROBING, SLOW_START -> true;
            case DOWN -> !rules.checked();
            default -> false;
        };
    }

    /** From the end of one check to the next. */
    long nextCheck() {
        return switch (health) {
            case DOWN -> passed > 0 ? rules.fast() : rules.everyWhileDown();
            default -> failed > 0 ? rules.fast() : rules.every();
        };
    }

    // Inputs.

    /** A check that began at {@code began} has ended. */
    void checked(CheckResult result, long began, long now) {
        bounded(checks, new Checked(now, result), CHECKS);
        if (admin == AdminState.MAINT) {
            return;
        }
        if (!result.up()) {
            checkFailed(result, now);
        } else if (health != ServerState.DOWN || began >= downAt) {
            // What a check saw before the server went down says nothing of it now.
            checkPassed(result, now);
        }
    }

    private void checkPassed(CheckResult result, long now) {
        failed = 0;
        passed++;
        refusing = false;
        if (health == ServerState.CHECKING) {
            if (!added && admin == AdminState.READY && changes.size() == 1) {
                become(ServerState.UP, Reason.FIRST_CHECK, result.evidence(), now);
            } else {
                serveAgain(Reason.FIRST_CHECK, result.evidence(), now);
            }
        } else if (health == ServerState.DOWN && passed >= rules.checks().rise() * flapping.patience(now)) {
            back(passed + " checks in a row passed: " + result.evidence(), now);
        }
    }

    /** Checks say that the server is there; what its traffic said before still holds. */
    private void back(String evidence, long now) {
        if (!distrusted) {
            serveAgain(Reason.CHECKS_PASSED, evidence, now);
        } else if (now < returnAt) {
            become(ServerState.EJECTED, Reason.CHECKS_PASSED, evidence + "; its ejection is not over", now);
        } else {
            probe(Reason.CHECKS_PASSED, evidence, now);
        }
    }

    private void checkFailed(CheckResult result, long now) {
        passed = 0;
        failed++;
        refusing = result.cause() == Cause.CONNECT_REFUSED;
        switch (health) {
            case CHECKING -> down(Reason.FIRST_CHECK, result.evidence(), now);
            case UP, SLOW_START -> {
                if (failed >= rules.checks().fall()) {
                    down(Reason.CHECKS_FAILED, failed + " in a row: " + result.evidence(), now);
                } else if (suspected) {
                    down(
                            Reason.CHECK_FAILED_WHILE_STALLED,
                            result.evidence() + ", while requests wait for an answer",
                            now);
                }
            }
            case EJECTED, PROBING -> down(Reason.CHECK_FAILED_WHILE_EJECTED, result.evidence(), now);
            default -> {
                // It is down already.
            }
        }
    }

    /** A request was refused a connection. */
    void refused(String evidence, long now) {
        refusing = true;
        passed = 0;
        if (health != ServerState.DOWN) {
            down(Reason.REFUSED, evidence, now);
        }
    }

    /** Whether requests wait for this server while others are answered. */
    void suspected(boolean suspicious) {
        suspected = suspicious;
    }

    /** It is to be sent nothing for a while. Only for a server that gets requests. */
    void eject(Signal signal, long now) {
        if (health == ServerState.EJECTED || health == ServerState.DOWN) {
            return;
        }
        lose(now);
        distrusted = true;
        long penalty = penalty(rules.ejection().time().toNanos());
        returnAt = now + penalty;
        become(ServerState.EJECTED, signal.reason(), signal.evidence() + "; for " + seconds(penalty), now);
    }

    /** So many requests succeeded while it was probed. */
    void probesPassed(int more, long now) {
        if (health == ServerState.PROBING) {
            probesPassed += more;
            if (probesPassed >= PROBES) {
                distrusted = false;
                serveAgain(Reason.PROBES_PASSED, probesPassed + " requests in a row were answered", now);
            }
        }
    }

    /** No other server is up: it is better than none. */
    void needed(long now) {
        boolean backOff = lastChange().reason() == Reason.BACK_OFF_OVER;
        if (health == ServerState.EJECTED || (health == ServerState.PROBING && !backOff)) {
            distrusted = false;
            become(ServerState.UP, Reason.NEEDED, "no other server is up", now);
        }
    }

    /** A server without checks that is down is tried at once instead of after a longer back-off: there is no other. */
    void hurry(long now) {
        if (health == ServerState.DOWN && !rules.checked()) {
            returnAt = Math.min(returnAt, Math.max(now, downAt + FIRST_BACK_OFF));
        }
    }

    /** Other rules hold from now on; what is known of the server stays. */
    void rules(HealthRules next, long now) {
        boolean unchecked = rules.checked() && !next.checked();
        rules = next;
        if (!unchecked) {
            return;
        }
        passed = 0;
        failed = 0;
        if (health == ServerState.CHECKING) {
            become(warmUp(now), Reason.CONFIGURED, "it is not checked any more", now);
        } else if (health == ServerState.DOWN) {
            returnAt = now;
        }
    }

    /** What an operator wants from now on. */
    void admin(AdminState next, long now) {
        AdminState before = admin;
        if (next == before) {
            return;
        }
        admin = next;
        if (before == AdminState.MAINT) {
            passed = 0;
            failed = 0;
            distrusted = false;
            health = rules.checked() ? ServerState.CHECKING : warmUp(now);
        } else if (next == AdminState.READY && health == ServerState.UP) {
            health = warmUp(now);
        }
        Reason reason = switch (next) {
            case READY -> Reason.READY;
            case DRAIN -> Reason.DRAIN;
            case MAINT -> Reason.MAINT;
        };
        show(reason, "an operator said so", now);
    }

    /**
     * Time passes.
     *
     * @param slow whether its answers take longer than those of others, which holds slow start back
     */
    void tick(boolean slow, long now) {
        switch (health) {
            case EJECTED -> {
                if (now >= returnAt) {
                    probe(Reason.EJECTION_OVER, "one request at a time from now on", now);
                }
            }
            case DOWN -> {
                if (!rules.checked() && now >= returnAt) {
                    probe(Reason.BACK_OFF_OVER, "one request at a time from now on", now);
                }
            }
            case SLOW_START -> warm(slow, now);
            case UP -> forgive(now);
            default -> {
                // Nothing but checks and requests change the others.
            }
        }
    }

    // Transitions.

    private void down(Reason reason, String evidence, long now) {
        lose(now);
        downAt = now;
        if (!rules.checked()) {
            returnAt = now + penalty(FIRST_BACK_OFF);
        }
        become(ServerState.DOWN, reason, evidence, now);
    }

    private void lose(long now) {
        passed = 0;
        suspected = false;
        if (health == ServerState.UP || health == ServerState.SLOW_START) {
            flapping.lost(now);
        }
    }

    private long penalty(long first) {
        long longest = Math.max(rules.ejection().longest().toNanos(), first);
        lastPenalty = Math.min(longest, first << Math.min(repetitions, 20));
        if (lastPenalty < longest) {
            repetitions++;
        }
        return lastPenalty;
    }

    private void probe(Reason reason, String evidence, long now) {
        probesPassed = 0;
        distrusted = true;
        become(ServerState.PROBING, reason, evidence, now);
    }

    private void serveAgain(Reason reason, String evidence, long now) {
        become(warmUp(now), reason, evidence, now);
    }

    private ServerState warmUp(long now) {
        healthySince = now;
        warmed = 0;
        warmedAt = now;
        return rules.slowStart() > 0 ? ServerState.SLOW_START : ServerState.UP;
    }

    private void warm(boolean slow, long now) {
        if (!slow) {
            warmed += now - warmedAt;
        }
        warmedAt = now;
        if (warmed >= rules.slowStart()) {
            become(ServerState.UP, Reason.WARMED_UP, "its share is whole", now);
        } else if (now - healthySince >= LONGEST_WARM_UP * rules.slowStart()) {
            become(ServerState.UP, Reason.WARMED_UP, "it stays slower than the others", now);
        }
    }

    /** A stretch of health as long as the last penalty was takes back one of the repetitions. */
    private void forgive(long now) {
        if (repetitions > 0 && now - healthySince >= lastPenalty) {
            repetitions--;
            healthySince = now;
        }
    }

    private void become(ServerState next, Reason reason, String evidence, long now) {
        health = next;
        if (next == ServerState.UP) {
            healthySince = now;
        }
        show(reason, evidence, now);
    }

    private void show(Reason reason, String evidence, long now) {
        ServerState next = switch (admin) {
            case READY -> health;
            case DRAIN -> ServerState.DRAINING;
            case MAINT -> ServerState.MAINTENANCE;
        };
        if (next != state) {
            Change change = new Change(now, state, next, reason, evidence);
            bounded(changes, change, CHANGES);
            bounded(untold, change, CHANGES);
            state = next;
            since = now;
        }
    }

    private static <T> void bounded(ArrayDeque<T> last, T next, int most) {
        if (last.size() == most) {
            last.removeFirst();
        }
        last.addLast(next);
    }

    private static String seconds(long nanos) {
        return Math.max(1, Duration.ofNanos(nanos).toMillis()) / 1000.0 + " s";
    }
}
