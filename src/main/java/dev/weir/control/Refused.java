package dev.weir.control;

import java.util.List;

/** An edit that cannot be made; nothing has changed. The message is a sentence for the user. */
public final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    /** What is in the way. */
    public enum Why {
        /** What is to be changed is not there. */
        MISSING,
        /** Something else would have to be changed first. */
        CONFLICT,
        /** It was changed since the client saw it. */
        CHANGED,
        /** What is wanted is no sound configuration. */
        UNSOUND
    }

    private final Why why;
    private final transient List<String> problems;

    public Refused(Why why, String message) {
        this(why, message, List.of());
    }

    /**
     * A refusal.
     *
     * @param problems all of them, each a sentence; empty when the message says it all
     */
    public Refused(Why why, String message, List<String> problems) {
        super(message);
        this.why = why;
        this.problems = List.copyOf(problems);
    }

    public Why why() {
        return why;
    }

    public List<String> problems() {
        return problems;
    }
}
