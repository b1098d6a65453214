package dev.weir.config;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** What may stand at a place of the configuration, derived from the records by {@link Shapes}. */
sealed interface Shape {
    /** One value of the given notation; {@code type} is the Java type of the component. */
    record Single(Scalar scalar, Class<?> type) implements Shape {}

    /** One of the constants of an enum, in kebab-case or as they are {@link Spelled}. */
    record Choice(Class<? extends Enum<?>> type) implements Shape {
        List<String> names() {
            return Stream.of(type.getEnumConstants()).map(Choice::name).toList();
        }

        static String name(Object constant) {
            return constant instanceof Spelled other ? other.spelling() : kebab((Enum<?>) constant);
        }

        private static String kebab(Enum<?> constant) {
            return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** A list. */
    record Many(Shape element) implements Shape {}

    /** A map from names to values. */
    record Named(Scalar names, Shape element) implements Shape {}

    /** A record: a map of known keys. */
    record Section(Class<? extends Record> type) implements Shape {}
}
