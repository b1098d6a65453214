package dev.weir.config;

import java.util.List;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The JSON Schema (draft 2020-12) of the configuration, for editors and validators; made of the records. */
public final class ConfigSchema {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final ObjectNode definitions = JSON.createObjectNode();

    private ConfigSchema() {}

    /** The schema as a text of several lines. */
    public static String text() {
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(new ConfigSchema().root()) + "\n";
    }

    private ObjectNode root() {
        ObjectNode root = JSON.createObjectNode();
        root.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        root.put("title", "Configuration of Weir");
        root.setAll(section(new Shape.Section(WeirConfig.class)));
        root.set("$defs", definitions);
        return root;
    }

    private ObjectNode node(Shape shape, Key key) {
        return switch (shape) {
            case Shape.Single single -> single(single, key);
            case Shape.Choice choice -> choice(choice.names());
            case Shape.Many many -> {
                ObjectNode list = typed("array");
                list.set("items", node(many.element(), key));
                yield bounded(list, "minItems", key);
            }
            case Shape.Named named -> {
                ObjectNode map = typed("object");
                map.set("propertyNames", text(named.names()));
                map.set("additionalProperties", node(named.element(), key));
                yield bounded(map, "minProperties", key);
            }
            case Shape.Section section -> reference(section);
        };
    }

    private static ObjectNode bounded(ObjectNode many, String keyword, Key key) {
        if (key.min().equals("1")) {
            many.put(keyword, 1);
        }
        return many;
    }

    /** Each record once, under its own name. */
    private ObjectNode reference(Shape.Section section) {
        String name = section.type().getName().replaceAll(".*\\.", "").replace('$', '.');
        if (!definitions.has(name)) {
            definitions.putObject(name); // keeps its place in the order
            ObjectNode keys = section(section);
            Shapes.Fields fields = Shapes.of(section.type());
            definitions.set(name, fields.shorthand() ? either(shorthand(fields), keys) : keys);
        }
        return JSON.createObjectNode().put("$ref", "#/$defs/" + name);
    }

    private ObjectNode shorthand(Shapes.Fields fields) {
        Shapes.Field first = fields.all().getFirst();
        return node(first.shape(), first.key());
    }

    private ObjectNode section(Shape.Section section) {
        ObjectNode object = typed("object");
        ObjectNode properties = object.putObject("properties");
        ArrayNode required = JSON.createArrayNode();
        for (Shapes.Field field : Shapes.of(section.type()).all()) {
            ObjectNode property = node(field.shape(), field.key());
            property.put("description", field.key().doc());
            putDefault(property, field);
            properties.set(field.name(), property);
            if (field.key().required()) {
                required.add(field.name());
            }
        }
        if (!required.isEmpty()) {
            object.set("required", required);
        }
        return object.put("additionalProperties", false);
    }

    private static void putDefault(ObjectNode property, Shapes.Field field) {
        String text = field.key().def();
        if (text.isEmpty()) {
            return;
        }
        boolean integer = field.shape() instanceof Shape.Single single && single.scalar() == Scalar.INTEGER;
        if (integer && !text.equals(field.key().word())) {
            property.put("default", Long.parseLong(text));
        } else {
            property.put("default", text);
        }
    }

    private static ObjectNode single(Shape.Single single, Key key) {
        ObjectNode node = switch (single.scalar()) {
            case BOOLEAN -> either(typed("boolean"), choice(List.of("on", "off")));
            case INTEGER -> number(single.scalar(), key);
            case SIZE -> either(number(single.scalar(), key), text(single.scalar()));
            default -> text(single.scalar());
        };
        return key.word().isEmpty()
                ? node
                : either(node, JSON.createObjectNode().put("const", key.word()));
    }

    private static ObjectNode number(Scalar scalar, Key key) {
        ObjectNode number = typed("integer");
        if (!key.min().isEmpty()) {
            number.put("minimum", (Long) scalar.parse(key.min()));
        }
        if (!key.max().isEmpty()) {
            number.put("maximum", (Long) scalar.parse(key.max()));
        }
        return number;
    }

    private static ObjectNode text(Scalar scalar) {
        ObjectNode text = typed("string");
        return scalar.pattern().isEmpty() ? text : text.put("pattern", scalar.pattern());
    }

    private static ObjectNode choice(List<String> names) {
        ObjectNode choice = JSON.createObjectNode();
        ArrayNode values = choice.putArray("enum");
        for (String name : names) {
            values.add(name);
            if (name.chars().allMatch(Character::isDigit)) {
                values.add(Integer.parseInt(name)); // which YAML takes for a number unless it is in quotes
            }
        }
        return choice;
    }

    private static ObjectNode either(ObjectNode one, ObjectNode other) {
        ObjectNode either = JSON.createObjectNode();
        either.putArray("anyOf").add(one).add(other);
        return either;
    }

    private static ObjectNode typed(String type) {
        return JSON.createObjectNode().put("type", type);
    }
}
