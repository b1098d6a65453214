package dev.weir.health;

import java.util.List;
import java.util.function.Predicate;

/** Which servers of a pool get requests, and how much each beside the others. Pure; immutable. */
final class Shares {
    private final int[] weights;
    private final boolean panic;

    private Shares(int[] weights, boolean panic) {
        this.weights = weights;
        this.panic = panic;
    }

    /** What must be known of a server. */
    interface Member {
        ServerState state();

        /** The share of its weight that it may have, in tenths. */
        int tenths();

        /** Whether it is known that nobody listens there. */
        boolean refusing();

        int weight();

        boolean backup();
    }

    /** Nobody gets anything. */
    static Shares none(int servers) {
        return new Shares(new int[servers], false);
    }

    /** One for each server, 0 for none. Not to be modified. */
    int[] weights() {
        return weights;
    }

    /** Whether so few are up that servers are used that are not. */
    boolean panic() {
        return panic;
    }

    /** {@code panicBelow}: in percent. */
    static Shares of(List<? extends Member> members, int panicBelow) {
        int up = count(members, each -> !each.backup() && each.state().serves());
        int backups = count(members, each -> each.backup() && each.state().serves());
        int known = count(members, each -> !each.backup() && judged(each));
        boolean few = up * 100 < panicBelow * known;
        if (up > 0 && !few) {
            return take(members, each -> !each.backup() && each.state().serves(), false);
        }
        if (backups > 0) {
            return take(members, each -> each.state().serves(), false);
        }
        if (up == 0) {
            int checking = count(members, each -> each.state() == ServerState.CHECKING);
            int primaries = count(members, each -> each.state() == ServerState.CHECKING && !each.backup());
            if (checking > 0) {
                return take(
                        members,
                        each -> each.state() == ServerState.CHECKING && (primaries == 0 || !each.backup()),
                        false);
            }
        }
        if (few && count(members, Shares::perhaps) > up) {
            return take(members, Shares::perhaps, true);
        }
        return take(members, each -> each.state().serves(), false);
    }

    /** Whether checks or traffic, rather than an operator, have decided on it. */
    private static boolean judged(Member each) {
        return switch (each.state()) {
            case UP, SLOW_START, PROBING, EJECTED, DOWN -> true;
            case CHECKING, DRAINING, MAINTENANCE -> false;
        };
    }

    private static boolean perhaps(Member each) {
        return each.state().serves() || (judged(each) && !each.refusing());
    }

    private static int count(List<? extends Member> members, Predicate<Member> which) {
        int count = 0;
        for (Member each : members) {
            if (each.weight() > 0 && which.test(each)) {
                count++;
            }
        }
        return count;
    }

    private static Shares take(List<? extends Member> members, Predicate<Member> which, boolean panic) {
        int[] weights = new int[members.size()];
        boolean growing = false;
        for (int i = 0; i < weights.length; i++) {
            Member each = members.get(i);
            if (which.test(each)) {
                weights[i] = each.weight();
                growing |= each.tenths() < 10;
            }
        }
        if (growing) {
            for (int i = 0; i < weights.length; i++) {
                weights[i] *= members.get(i).tenths();
            }
        }
        return new Shares(weights, panic);
    }
}
