package dev.weir.config;

import java.time.Duration;

/** Single values between their text and the type of their component. Reading refuses with a {@link BadValue}. */
final class Values {
    private Values() {}

    /** The value of {@code text} for a key, in the component's type; its range is checked. */
    static Object single(Shape.Single single, Key key, String text) {
        if (!key.word().isEmpty() && key.word().equals(text)) {
            return narrow(key.wordValue(), single.type());
        }
        try {
            Object value = single.scalar().parse(text);
            if (isWithin(value, single.scalar(), key)) {
                return value instanceof Long number ? narrow(number, single.type()) : value;
            }
        } catch (IllegalArgumentException refused) {
            String hint = refused.getMessage() == null ? "" : refused.getMessage();
            throw new BadValue(text, expected(single.scalar(), key), hint);
        }
        throw new BadValue(text, expected(single.scalar(), key), "");
    }

    /** The text from which {@link #single} makes this value. */
    static String print(Shape.Single single, Key key, Object value) {
        if (!key.word().isEmpty() && ((Number) value).longValue() == key.wordValue()) {
            return key.word();
        }
        return single.scalar().print(value);
    }

    /** The constant of this name. */
    static Object choice(Shape.Choice choice, String name) {
        for (Enum<?> constant : choice.type().getEnumConstants()) {
            if (Shape.Choice.name(constant).equals(name)) {
                return constant;
            }
        }
        Reserved reserved = choice.type().getAnnotation(Reserved.class);
        if (reserved != null && reserved.name().equals(name)) {
            throw new BadValue(name, expected(choice), reserved.because());
        }
        String nearest = Nearest.of(name, choice.names());
        throw new BadValue(name, expected(choice), nearest.isEmpty() ? "" : "did you mean '" + nearest + "'?");
    }

    static String expected(Shape.Choice choice) {
        return "one of " + String.join(", ", choice.names());
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
        return value instanceof Duration duration
                ? duration.compareTo((Duration) bound)
                : Long.compare((Long) value, (Long) bound);
    }

    private static Object narrow(long value, Class<?> type) {
        if (type == int.class) {
            return Math.toIntExact(value);
        }
        return value;
    }
}
