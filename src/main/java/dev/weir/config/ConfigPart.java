package dev.weir.config;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/** One section of the configuration language by itself: read, taken apart and changed. Safe for use by several threads. */
public final class ConfigPart {
    private ConfigPart() {}

    /** What came of reading a section. */
    public sealed interface Result<T> {
        /** It is sound. */
        record Sound<T>(T value) implements Result<T> {}

        /** It cannot be used: every problem at once, in the order of the text. */
        record Faulty<T>(List<ConfigProblem> problems) implements Result<T> {
            public Faulty {
                problems = List.copyOf(problems);
            }
        }
    }

    /**
     * Reads a section as it would be written in a file; what can be told of it alone is checked.
     *
     * @param name stands in messages where the file's name would
     */
    public static <T extends Record> Result<T> read(Class<T> type, String name, String text) {
        Problems problems = new Problems(name);
        Node root = YamlTree.of(text, "", problems);
        Binder binder = new Binder(problems);
        T value = root == null ? null : type.cast(binder.bind(type, root));
        ConfigPlaces places = problems.places(binder.places());
        if (value instanceof PoolConfig pool) {
            Checks.run(pool, places, problems);
        }
        List<ConfigProblem> errors = problems.errors();
        return value == null || !errors.isEmpty() ? new Result.Faulty<>(errors) : new Result.Sound<>(value);
    }

    /** The values of these keys, by their names as in a file; a key that the section does not have is left out. */
    public static Map<String, Object> values(Record section, Collection<String> keys) {
        Map<String, Object> values = new LinkedHashMap<>();
        for (Shapes.Field field : Shapes.of(section.getClass()).all()) {
            @Nullable Object value = field.of(section);
            if (value != null && keys.contains(field.name())) {
                values.put(field.name(), value);
            }
        }
        return values;
    }

    /**
     * The section with these values in place of its own.
     *
     * @param changes by the keys' names as in a file; every value is one that the reader would make
     */
    public static <T extends Record> T with(T section, Map<String, Object> changes) {
        Shapes.Fields fields = Shapes.of(section.getClass());
        Map<String, Object> left = new HashMap<>(changes);
        @Nullable Object[] values = new @Nullable Object[fields.all().size()];
        for (int i = 0; i < values.length; i++) {
            Shapes.Field field = fields.all().get(i);
            Object changed = left.remove(field.name());
            values[i] = changed == null ? field.of(section) : changed;
        }
        if (!left.isEmpty()) {
            throw new IllegalArgumentException(section.getClass().getSimpleName() + " does not have " + left.keySet());
        }
        @SuppressWarnings("unchecked") // made by the maker of this very type
        T changed = (T) fields.make(values);
        return changed;
    }

    /**
     * Every single value of a section and of what is below it, as text by its path: {@code timeouts.connect} is
     * {@code 1s}. What is absent or empty is left out.
     */
    public static Map<String, String> leaves(Record section) {
        Map<String, String> leaves = new LinkedHashMap<>();
        collect(section, "", leaves);
        return leaves;
    }

    private static void collect(Record section, String path, Map<String, String> leaves) {
        for (Shapes.Field field : Shapes.of(section.getClass()).all()) {
            @Nullable Object value = field.of(section);
            if (value != null) {
                collect(field.shape(), field.key(), value, Found.join(path, field.name()), leaves);
            }
        }
    }

    private static void collect(Shape shape, Key key, Object value, String path, Map<String, String> leaves) {
        switch (shape) {
            case Shape.Single single -> {
                String text = Values.print(single, key, value);
                if (!text.isEmpty()) {
                    leaves.put(path, text);
                }
            }
            case Shape.Choice _ -> leaves.put(path, Shape.Choice.name(value));
            case Shape.Many many -> {
                int index = 0;
                for (Object element : (List<?>) value) {
                    collect(many.element(), key, element, path + "[" + index++ + "]", leaves);
                }
            }
            case Shape.Named named ->
                ((Map<?, ?>) value)
                        .forEach((name, each) ->
                                collect(named.element(), key, each, Found.join(path, name.toString()), leaves));
            case Shape.Section _ -> collect((Record) value, path, leaves);
        }
    }
}
