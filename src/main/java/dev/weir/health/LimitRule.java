package dev.weir.health;

/** How many requests a server should have at once, as measuring tells. One for each server; owned by the keeper's thread. */
interface LimitRule {
    /** No limit. */
    LimitRule NONE = (_, _) -> Integer.MAX_VALUE;

    /**
     * The limit from now on. Called at each tick.
     *
     * @param reading what was counted so far, times to the first byte included
     * @param inFlight requests that the server has now
     */
    int limit(TrafficReading reading, int inFlight);
}
