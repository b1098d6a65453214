package dev.weir;

import java.util.ArrayDeque;
import java.util.Deque;

/** What is to be taken back when a later step of the same undertaking fails, the last first. For one thread. */
final class Undo implements AutoCloseable {
    private final Deque<Runnable> steps = new ArrayDeque<>();

    void push(Runnable step) {
        steps.push(step);
    }

    /** Nothing failed: all stays. */
    void keep() {
        steps.clear();
    }

    @Override
    public void close() {
        steps.forEach(Runnable::run);
    }
}
