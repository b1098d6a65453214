package dev.weir.balance;

import dev.weir.config.BalanceConfig;
import dev.weir.pool.ServerSet;

/** From the name of a policy to its picker. A new policy is a constant of the configuration, a class, and a line here. */
public final class BalancingPolicy {
    private BalancingPolicy() {}

    /**
     * A picker of this policy over these servers. Control plane.
     *
     * @param previous the pool's picker until now, whose place in the rotation is kept, or {@link Picker#NONE}
     */
    public static Picker prepare(BalanceConfig policy, ServerSet servers, Picker previous) {
        ServerSet weighted = servers.weighted();
        if (weighted.size() == 0) {
            return Picker.NONE;
        }
        return switch (policy) {
            case ROUND_ROBIN -> RoundRobin.over(weighted, previous);
            case LEAST_REQUESTS -> LeastRequests.over(weighted, previous);
            case RANDOM -> new WeightedRandom(weighted);
            case P2C -> new TwoChoices(weighted);
        };
    }
}
