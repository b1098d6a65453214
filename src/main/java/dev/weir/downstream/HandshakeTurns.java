package dev.weir.downstream;

import java.util.ArrayDeque;
import java.util.function.Consumer;

/**
 * Lets only so many TLS handshakes begin in one turn of the loop. Each takes as long as many requests, so that a flood of
 * them, all there at once, would have everybody else wait for the last. Confined to its loop.
 */
final class HandshakeTurns {
    /** About a millisecond's work. */
    static final int AT_ONCE = 4;

    private final Consumer<Runnable> nextTurn;
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private int begun;

    /** {@code nextTurn} runs what it is given when the loop has looked after all that is ready now. */
    HandshakeTurns(Consumer<Runnable> nextTurn) {
        this.nextTurn = nextTurn;
    }

    /** Whether a handshake may begin now; it is counted then. Else it has to {@link #await} its turn. */
    boolean take() {
        if (begun == AT_ONCE) {
            return false;
        }
        begun++;
        if (begun == AT_ONCE) {
            nextTurn.accept(this::turn);
        }
        return true;
    }

    /** Runs this when it is its turn, whatever has become of its connection by then. For whom {@link #take} refused. */
    void await(Runnable handshake) {
        waiting.add(handshake);
    }

    private void turn() {
        begun = 0;
        while (begun < AT_ONCE && !waiting.isEmpty()) {
            begun++;
            waiting.remove().run();
        }
        if (begun == AT_ONCE) {
            nextTurn.accept(this::turn);
        }
    }
}
