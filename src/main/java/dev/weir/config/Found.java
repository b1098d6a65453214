package dev.weir.config;

import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** How messages call what stands in a file. */
final class Found {
    private static final String NOTHING = "nothing";

    private static final int LONGEST = 60;

    private Found() {}

    static String of(Node node) {
        return switch (node) {
            case ScalarNode scalar when isNull(scalar) -> NOTHING;
            case ScalarNode scalar -> "'" + shortened(scalar.getValue()) + "'";
            case SequenceNode _ -> "a list";
            case MappingNode _ -> "keys and values";
            default -> "something else";
        };
    }

    /** Whether a value is left out, or said to be none. */
    static boolean isNothing(Node node) {
        return node instanceof ScalarNode scalar && isNull(scalar);
    }

    private static boolean isNull(ScalarNode scalar) {
        if (!scalar.isPlain()) {
            return false;
        }
        return switch (scalar.getValue()) {
            case "", "~", "null", "Null", "NULL" -> true;
            default -> false;
        };
    }

    /** On one line and not longer than a message can bear. */
    static String shortened(String text) {
        StringBuilder shown = new StringBuilder();
        for (int i = 0; i < text.length() && shown.length() < LONGEST; i++) {
            char c = text.charAt(i);
            shown.append(Character.isISOControl(c) ? "\\u%04x".formatted((int) c) : String.valueOf(c));
        }
        return shown.length() < LONGEST ? shown.toString() : shown + "…";
    }

    /** A path one step deeper; a name with a dot in it is quoted. */
    static String join(String path, String name) {
        String shown = shortened(name);
        if (shown.indexOf('.') >= 0) {
            return path + "['" + shown + "']";
        }
        return path.isEmpty() ? shown : path + "." + shown;
    }
}
