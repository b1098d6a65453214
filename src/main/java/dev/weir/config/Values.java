package dev.weir.config;

/** Single values between their text and the type of their component. */
final class Values {
    private Values() {}

    /**
     * The value of {@code text} for a key, in the component's type; its range is checked.
     *
     * @throws IllegalArgumentException whose message is empty, or a clause that helps to put it right
     */
    static Object single(Shape.Single single, Key key, String text) {
        if (!key.word().isEmpty() && key.word().equals(text)) {
            return narrow(key.wordValue(), single.type());
        }
        Object value = single.scalar().parse(text);
        if (!isWithin(value, single.scalar(), key)) {
            throw new IllegalArgumentException("");
        }
        return value instanceof Long number ? narrow(number, single.type()) : value;
    }

    /** The text from which {@link #single} makes this value. */
    static String print(Shape.Single single, Key key, Object value) {
        if (!key.word().isEmpty() && ((Number) value).longValue() == key.wordValue()) {
            return key.word();
        }
        return single.scalar().print(value);
    }

    /** The constant of this name; an {@link IllegalArgumentException} when there is none. */
    static Object choice(Shape.Choice choice, String name) {
        for (Enum<?> constant : choice.type().getEnumConstants()) {
            if (Shape.Choice.name(constant).equals(name)) {
                return constant;
            }
        }
        throw new IllegalArgumentException("");
    }

    /** What is wanted, with the range: "a whole number from 0 to 10". */
    static String expected(Scalar scalar, Key key) {
        String text = scalar.expected();
        if (isBounded(scalar) && !key.min().isEmpty()) {
            text += key.max().isEmpty() ? ", at least " + key.min() : range(scalar, key);
        }
        return key.word().isEmpty() ? text : text + ", or " + key.word();
    }

    private static String range(Scalar scalar, Key key) {
        String range = "from " + key.min() + " to " + key.max();
        return scalar == Scalar.INTEGER ? " " + range : ", " + range;
    }

    /** Whether {@link Key#min} and {@link Key#max} are about the value rather than a number of elements. */
    static boolean isBounded(Scalar scalar) {
        return scalar.isNumber() || scalar == Scalar.DURATION;
    }

    private static boolean isWithin(Object value, Scalar scalar, Key key) {
        if (!isBounded(scalar)) {
            return true;
        }
        return (key.min().isEmpty() || compare(value, scalar.parse(key.min())) >= 0)
                && (key.max().isEmpty() || compare(value, scalar.parse(key.max())) <= 0);
    }

    private static int compare(Object value, Object bound) {
        return value instanceof java.time.Duration duration
                ? duration.compareTo((java.time.Duration) bound)
                : Long.compare((Long) value, (Long) bound);
    }

    private static Object narrow(long value, Class<?> type) {
        if (type == int.class) {
            return Math.toIntExact(value);
        }
        return value;
    }
}
