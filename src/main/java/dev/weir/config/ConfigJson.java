package dev.weir.config;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Configuration as JSON, which is YAML too: the same keys and values, read by the same reader. Safe for use by several threads. */
public final class ConfigJson {
    private static final JsonMapper JSON = JsonMapper.shared();

    private ConfigJson() {}

    /** A section with every default spelled out. What is absent or empty is left out. */
    public static ObjectNode whole(Record section) {
        return section(section, false);
    }

    /** A section without the keys that have their defaults; equal sections make equal texts. */
    public static ObjectNode brief(Record section) {
        return section(section, true);
    }

    /**
     * The value of one key.
     *
     * @param name the key's name as in a file
     */
    public static JsonNode value(Class<? extends Record> type, String name, Object value) {
        Shapes.Field field = Shapes.field(type, name);
        return node(field.shape(), field.key(), value, true);
    }

    private static ObjectNode section(Record section, boolean brief) {
        ObjectNode object = JSON.createObjectNode();
        Shapes.Fields fields = Shapes.of(section.getClass());
        // A record may put something in place of an empty value, so its defaults are those of a whole one.
        @Nullable Record defaults = brief && !fields.demanding() ? ConfigDefaults.of(section.getClass(), Map.of()) : null;
        for (Shapes.Field field : fields.all()) {
            @Nullable Object value = field.of(section);
            boolean usual = brief
                    && !field.key().required()
                    && Objects.equals(value, defaults == null ? ConfigDefaults.of(field) : field.of(defaults));
            if (value != null && !usual && !isEmpty(field, value)) {
                object.set(field.name(), node(field.shape(), field.key(), value, brief));
            }
        }
        return object;
    }

    private static boolean isEmpty(Shapes.Field field, Object value) {
        return switch (field.shape()) {
            case Shape.Single _ -> value.equals("");
            case Shape.Many _ -> ((List<?>) value).isEmpty();
            case Shape.Named _ -> ((Map<?, ?>) value).isEmpty();
            default -> false;
        };
    }

    private static JsonNode node(Shape shape, Key key, Object value, boolean brief) {
        return switch (shape) {
            case Shape.Single single -> single(single, key, value);
            case Shape.Choice _ -> JSON.getNodeFactory().stringNode(Shape.Choice.name(value));
            case Shape.Many many -> {
                ArrayNode list = JSON.createArrayNode();
                ((List<?>) value).forEach(element -> list.add(node(many.element(), key, element, brief)));
                yield list;
            }
            case Shape.Named named -> {
                ObjectNode map = JSON.createObjectNode();
                ((Map<?, ?>) value)
                        .forEach((name, each) -> map.set(name.toString(), node(named.element(), key, each, brief)));
                yield map;
            }
            case Shape.Section _ -> section((Record) value, brief);
        };
    }

    private static JsonNode single(Shape.Single single, Key key, Object value) {
        String text = Values.print(single, key, value);
        return switch (single.scalar()) {
            case BOOLEAN -> JSON.getNodeFactory().booleanNode((Boolean) value);
            case INTEGER ->
                text.equals(key.word())
                        ? JSON.getNodeFactory().stringNode(text)
                        : JSON.getNodeFactory().numberNode(((Number) value).longValue());
            default -> JSON.getNodeFactory().stringNode(text);
        };
    }
}
