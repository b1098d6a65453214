package dev.weir.config;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Records with their keys' defaults, and single values as text, for whoever makes a configuration without a file. Safe for use by several threads. */
public final class ConfigDefaults {
    private ConfigDefaults() {}

    /**
     * A record whose keys, but for those given, have their defaults.
     *
     * @param given values by the component's name; it must hold every key that has no default
     * @throws IllegalArgumentException for a name that is no component, and for a missing required one
     */
    public static <T extends Record> T of(Class<T> type, Map<String, ?> given) {
        List<Shapes.Field> fields = Shapes.of(type).all();
        @Nullable Object[] values = new @Nullable Object[fields.size()];
        int used = 0;
        for (int i = 0; i < values.length; i++) {
            Shapes.Field field = fields.get(i);
            Object value = given.get(field.accessor().getName());
            if (value == null && field.key().required()) {
                throw new IllegalArgumentException(type.getSimpleName() + " needs '" + field.name() + "'");
            }
            used += value == null ? 0 : 1;
            values[i] = value == null ? of(field) : value;
        }
        if (used != given.size()) {
            throw new IllegalArgumentException(type.getSimpleName() + " does not have all of " + given.keySet());
        }
        return type.cast(Shapes.of(type).make(values));
    }

    /**
     * Reads the value of one key, or one element of it if it is a list, as it would be written in a file.
     *
     * @param name the key's name as in a file
     * @throws IllegalArgumentException whose message is a clause for the user: {@code found 'x', expected on or off}
     */
    public static Object parse(Class<? extends Record> type, String name, String text) {
        for (Shapes.Field field : Shapes.of(type).all()) {
            if (field.name().equals(name)) {
                Shape shape = field.shape() instanceof Shape.Many many ? many.element() : field.shape();
                return switch (shape) {
                    case Shape.Single single -> Values.single(single, field.key(), text);
                    case Shape.Choice choice -> Values.choice(choice, text);
                    default -> throw new AssertionError(name + " is not a single value");
                };
            }
        }
        throw new AssertionError(type.getSimpleName() + " has no key " + name);
    }

    /** The default of a key that is not required; null for an absent section. */
    static @Nullable Object of(Shapes.Field field) {
        return switch (field.shape()) {
            case Shape.Single single -> single(single, field.key());
            case Shape.Choice choice -> Values.choice(choice, field.key().def());
            case Shape.Many _ -> List.of();
            case Shape.Named _ -> Map.of();
            case Shape.Section section -> isAbsent(field, section) ? null : of(section.type(), Map.of());
        };
    }

    private static boolean isAbsent(Shapes.Field field, Shape.Section section) {
        return field.key().optional() || Shapes.of(section.type()).demanding();
    }

    private static Object single(Shape.Single single, Key key) {
        String text = key.def();
        return text.isEmpty() ? "" : Values.single(single, key, text);
    }
}
