package dev.weir;

/** Weir cannot start; the message is one sentence for the user. */
public final class StartFailure extends Exception {
    private static final long serialVersionUID = 1;

    public StartFailure(String message) {
        super(message);
    }
}
