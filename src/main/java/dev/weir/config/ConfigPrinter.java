package dev.weir.config;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Writes a configuration with every default spelled out, in the language that {@link ConfigReader} reads. */
public final class ConfigPrinter {
    /** Words that some YAML reader takes for something else than a text. */
    private static final Set<String> NOT_TEXT = Set.of("true", "false", "null", "yes", "no", "on", "off", "y", "n");

    private final StringBuilder out = new StringBuilder();

    private ConfigPrinter() {}

    /** YAML that reads back to an equal configuration. What is absent or empty is left out. */
    public static String print(WeirConfig config) {
        ConfigPrinter printer = new ConfigPrinter();
        printer.section(config, 0);
        return printer.out.toString();
    }

    private void section(Record section, int depth) {
        for (Shapes.Field field : Shapes.of(section.getClass()).all()) {
            Object value = field.of(section);
            if (value != null && !isEmpty(field.shape(), value)) {
                out.repeat("  ", depth).append(field.name()).append(':');
                value(field.shape(), field.key(), value, depth);
            }
        }
    }

    private void value(Shape shape, Key key, Object value, int depth) {
        switch (shape) {
            case Shape.Single single ->
                out.append(' ').append(single(single, key, value)).append('\n');
            case Shape.Choice _ ->
                out.append(' ').append(Shape.Choice.name(value)).append('\n');
            case Shape.Many many -> list(many, key, (List<?>) value, depth);
            case Shape.Named named -> map(named, key, (Map<?, ?>) value, depth);
            case Shape.Section _ -> {
                out.append('\n');
                section((Record) value, depth + 1);
            }
        }
    }

    private void list(Shape.Many many, Key key, List<?> list, int depth) {
        out.append('\n');
        for (Object element : list) {
            int dash = out.length() + 2 * (depth + 1);
            if (many.element() instanceof Shape.Section) {
                section((Record) element, depth + 2);
                out.setCharAt(dash, '-'); // the first key stands on the line of its dash
            } else {
                out.repeat("  ", depth + 1).append('-');
                value(many.element(), key, element, depth + 1);
            }
        }
    }

    private void map(Shape.Named named, Key key, Map<?, ?> map, int depth) {
        out.append('\n');
        map.forEach((name, value) -> {
            out.repeat("  ", depth + 1).append(quoted(name.toString())).append(':');
            value(named.element(), key, value, depth + 1);
        });
    }

    private static boolean isEmpty(Shape shape, Object value) {
        return switch (shape) {
            case Shape.Single _ -> value.equals("");
            case Shape.Choice _ -> false;
            case Shape.Many _ -> ((List<?>) value).isEmpty();
            case Shape.Named _ -> ((Map<?, ?>) value).isEmpty();
            case Shape.Section section ->
                Shapes.of(section.type()).all().stream().allMatch(field -> isAbsent(field, (Record) value));
        };
    }

    private static boolean isAbsent(Shapes.Field field, Record owner) {
        Object value = field.of(owner);
        return value == null || isEmpty(field.shape(), value);
    }

    private static String single(Shape.Single single, Key key, Object value) {
        String text = Values.print(single, key, value);
        boolean word = Values.isBounded(single.scalar()) || single.scalar() == Scalar.BOOLEAN;
        return word || (!text.isEmpty() && text.equals(key.def())) ? text : quoted(text);
    }

    /** In quotes unless every YAML reader, the older ones too, takes it for the same text without. */
    static String quoted(String text) {
        if (isPlainText(text) && !NOT_TEXT.contains(text.toLowerCase(Locale.ROOT))) {
            return text;
        }
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ' || (c > '~' && !Character.isLetterOrDigit(c))) {
                quoted.append("\\u%04x".formatted((int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }

    private static boolean isPlainText(String text) {
        if (text.isEmpty() || !(isLetter(text.charAt(0)) || text.charAt(0) == '/')) {
            return false;
        }
        return text.chars().allMatch(c -> isLetter(c) || (c >= '0' && c <= '9') || "-_./".indexOf(c) >= 0);
    }

    private static boolean isLetter(int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }
}
