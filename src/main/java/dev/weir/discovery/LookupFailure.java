package dev.weir.discovery;

/** A name could not be looked up, or has nothing of what was asked for. The message is a clause for the user. */
public final class LookupFailure extends Exception {
    private static final long serialVersionUID = 1;

    private final boolean absent;

    LookupFailure(String message, boolean absent) {
        super(message);
        this.absent = absent;
    }

    /** Whether there was an answer: that there is no such name, or nothing of the kind at it. */
    boolean absent() {
        return absent;
    }

    String clause() {
        return String.valueOf(getMessage());
    }
}
