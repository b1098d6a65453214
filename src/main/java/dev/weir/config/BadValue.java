package dev.weir.config;

/** A text that is not the value it should be. Its message is a clause: {@code found 'x', expected on or off}. */
final class BadValue extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    private final String expected;
    private final String hint;

    BadValue(String text, String expected, String hint) {
        super("found '" + Found.shortened(text) + "', expected " + expected + (hint.isEmpty() ? "" : "; " + hint));
        this.expected = expected;
        this.hint = hint;
    }

    String expected() {
        return expected;
    }

    String hint() {
        return hint;
    }
}
