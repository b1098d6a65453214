package dev.weir.health;

/**
 * One change of a server's state.
 *
 * @param nanos when, on the clock that the machine is driven by
 * @param evidence a part of a sentence for a person
 */
record Change(long nanos, ServerState from, ServerState to, Reason reason, String evidence) {
    /** Whether the server gets nothing any more. */
    boolean worse() {
        return !to.serves() && to != ServerState.CHECKING;
    }

    /** Whether it gets requests again, after it got none. */
    boolean better() {
        return !from.serves() && from != ServerState.CHECKING && to.serves();
    }
}
