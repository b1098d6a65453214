package dev.weir;

/** Why Weir cannot start; the message is a sentence for the user. */
public final class StartFailure extends Exception {
    private static final long serialVersionUID = 1;

    public StartFailure(String message) {
        super(message);
    }

    /** The cause's message is the sentence. */
    StartFailure(Throwable cause) {
        super(String.valueOf(cause.getMessage()), cause);
    }
}
