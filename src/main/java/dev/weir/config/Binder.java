package dev.weir.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * Makes records of a tree of YAML nodes. A value that cannot be read is reported and then taken as if it had not been
 * written, so that everything else is still looked at. For one file and one thread.
 */
final class Binder {
    /** Aliases can make a small file mean a huge tree; nobody writes as many values as this. */
    private static final int MOST_VALUES = 250_000;

    /** The tags that the schema itself gives; any other was written. */
    private static final Set<Tag> PLAIN = Set.of(Tag.STR, Tag.NULL, Tag.SEQ, Tag.MAP);

    private final Problems problems;
    private final IdentityHashMap<Object, Places> places = new IdentityHashMap<>();
    private int values;

    Binder(Problems problems) {
        this.problems = problems;
    }

    /** Where a record and its keys stand; a key that was not written stands where the record does. */
    record Places(Place own, Map<String, Place> keys) {
        Place of(String key) {
            return keys.getOrDefault(key, own);
        }
    }

    /** The places of all records made, by their identity. */
    IdentityHashMap<Object, Places> places() {
        return places;
    }

    /** The configuration, with defaults in place of what is wrong; null when there is nothing to make one of. */
    @Nullable WeirConfig bind(Node root) {
        return (WeirConfig) bind(WeirConfig.class, root);
    }

    /** One section by itself. */
    @Nullable Object bind(Class<? extends Record> type, Node root) {
        return section(new Shape.Section(type), root, "");
    }

    /** A list of servers; what is wrong with it has been reported. */
    List<PoolConfig.ServerConfig> bindServers(Node root) {
        Shapes.Field servers = Shapes.of(PoolConfig.class).all().stream()
                .filter(field -> field.name().equals("servers"))
                .findFirst()
                .orElseThrow();
        return list((Shape.Many) servers.shape(), servers.key(), root, "").stream()
                .map(PoolConfig.ServerConfig.class::cast)
                .toList();
    }

    private @Nullable Object value(Shape shape, Key key, Node node, String path) {
        if (!isCounted(node, path)) {
            return null;
        }
        if (!(shape instanceof Shape.Section && node instanceof ScalarNode)) {
            checkTag(node, path); // a value in place of a section is looked at as its first key
        }
        return switch (shape) {
            case Shape.Single single -> single(single, key, node, path);
            case Shape.Choice choice -> choice(choice, node, path);
            case Shape.Many many -> list(many, key, node, path);
            case Shape.Named named -> map(named, key, node, path);
            case Shape.Section section -> section(section, node, path);
        };
    }

    private boolean isCounted(Node node, String path) {
        if (++values == MOST_VALUES) {
            problems.error(Place.of(path, node), "there are more than " + MOST_VALUES + " values up to here", "", "");
        }
        return values < MOST_VALUES;
    }

    private void checkTag(Node node, String path) {
        if (!PLAIN.contains(node.getTag())) {
            String found = "found the tag " + node.getTag().getValue().replace(Tag.PREFIX, "!!");
            problems.error(Place.of(path, node), found, "", "leave it out, tags have no use here");
        }
    }

    private @Nullable Object single(Shape.Single single, Key key, Node node, String path) {
        if (!(node instanceof ScalarNode scalar) || Found.isNothing(node)) {
            problems.error(Place.of(path, node), Found.of(node), Values.expected(single.scalar(), key), "");
            return null;
        }
        // A word stays one: JSON has no other way to write it.
        boolean word = !key.word().isEmpty() && key.word().equals(scalar.getValue());
        if (single.scalar().isPlain() && !scalar.isPlain() && !word) {
            problems.error(
                    Place.of(path, node), Found.of(node) + " in quotes", Values.expected(single.scalar(), key), "");
            return null;
        }
        try {
            return Values.single(single, key, scalar.getValue());
        } catch (BadValue refused) {
            problems.error(Place.of(path, node), Found.of(node), refused.expected(), refused.hint());
            return null;
        }
    }

    private @Nullable Object choice(Shape.Choice choice, Node node, String path) {
        if (!(node instanceof ScalarNode scalar) || Found.isNothing(node)) {
            problems.error(Place.of(path, node), Found.of(node), Values.expected(choice), "");
            return null;
        }
        try {
            return Values.choice(choice, scalar.getValue());
        } catch (BadValue refused) {
            problems.error(Place.of(path, node), Found.of(node), refused.expected(), refused.hint());
            return null;
        }
    }

    private List<Object> list(Shape.Many many, Key key, Node node, String path) {
        if (!(node instanceof SequenceNode sequence)) {
            String hint = node instanceof ScalarNode scalar && !Found.isNothing(node)
                    ? "a list of one is written [\"" + Found.shortened(scalar.getValue()) + "\"]"
                    : "";
            problems.error(Place.of(path, node), Found.of(node), "a list", hint);
            return List.of();
        }
        checkCount(sequence.getValue().size(), key, node, path);
        List<Object> list = new ArrayList<>();
        for (int i = 0; i < sequence.getValue().size(); i++) {
            Object value = value(many.element(), key, sequence.getValue().get(i), path + "[" + i + "]");
            if (value != null) {
                list.add(value);
            }
        }
        return list;
    }

    private Map<Object, Object> map(Shape.Named named, Key key, Node node, String path) {
        if (!(node instanceof MappingNode mapping)) {
            problems.error(Place.of(path, node), Found.of(node), "names, each with a value", "");
            return Map.of();
        }
        checkCount(mapping.getValue().size(), key, node, path);
        Map<Object, Object> map = new LinkedHashMap<>();
        Map<Object, Node> seen = new HashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            Object name = name(named, tuple.getKeyNode(), path);
            if (name == null || isTwice(name, seen, tuple.getKeyNode(), path)) {
                continue;
            }
            Object value = value(named.element(), key, tuple.getValueNode(), Found.join(path, name.toString()));
            if (value != null) {
                map.put(name, value);
                places.computeIfPresent(value, (_, at) -> atName(at, tuple.getKeyNode()));
            }
        }
        return map;
    }

    private static Places atName(Places places, Node name) {
        return new Places(Place.of(places.own().path(), name), places.keys());
    }

    private @Nullable Object name(Shape.Named named, Node node, String path) {
        if (node instanceof ScalarNode scalar) {
            try {
                return named.names().parse(scalar.getValue());
            } catch (IllegalArgumentException refused) {
                problems.error(
                        Place.of(path, node), Found.of(node), named.names().expected(), said(refused));
                return null;
            }
        }
        problems.error(Place.of(path, node), Found.of(node), named.names().expected(), "");
        return null;
    }

    private void checkCount(int count, Key key, Node node, String path) {
        if (count == 0 && key.min().equals("1")) {
            problems.error(Place.of(path, node), "this is empty", "", "at least one is needed");
        }
    }

    private @Nullable Object section(Shape.Section section, Node node, String path) {
        Shapes.Fields fields = Shapes.of(section.type());
        Map<String, Node> nodes = Map.of();
        Map<String, Place> keys = Map.of();
        if (node instanceof MappingNode mapping) {
            nodes = new HashMap<>();
            keys = new HashMap<>();
            collect(fields, mapping, path, nodes, keys);
        } else if (node instanceof ScalarNode && fields.shorthand() && !Found.isNothing(node)) {
            nodes = Map.of(fields.names().getFirst(), node);
        } else {
            refuse(fields, node, path);
            return fields.demanding() ? null : remember(ConfigDefaults.of(section.type(), Map.of()), node, path, keys);
        }
        @Nullable Object[] values = values(fields, nodes, node, path);
        return values == null ? null : remember(fields.make(values), node, path, keys);
    }

    private void refuse(Shapes.Fields fields, Node node, String path) {
        List<String> known = fields.names();
        String expected = (fields.shorthand() ? "a value, or " : "") + "keys and values (known keys: "
                + String.join(", ", known) + ")";
        String hint = "";
        if (node instanceof ScalarNode scalar) {
            String first = scalar.getValue().split("\\s", 2)[0];
            hint = known.contains(first) ? "a colon is missing after '" + first + "'" : "";
        }
        problems.error(Place.of(path, node), Found.of(node), expected, hint);
    }

    private Object remember(Object made, Node node, String path, Map<String, Place> keys) {
        places.put(made, new Places(Place.of(path, node), keys));
        return made;
    }

    /** The nodes of the known keys; unknown and repeated ones are problems. */
    private void collect(
            Shapes.Fields fields, MappingNode mapping, String path, Map<String, Node> nodes, Map<String, Place> keys) {
        List<String> known = fields.names();
        Map<Object, Node> seen = new HashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            Node keyNode = tuple.getKeyNode();
            String name = keyNode instanceof ScalarNode scalar ? scalar.getValue() : Found.of(keyNode);
            if (isTwice(name, seen, keyNode, path)) {
                continue;
            }
            if (known.contains(name)) {
                nodes.put(name, tuple.getValueNode());
                keys.put(name, Place.of(Found.join(path, name), tuple.getValueNode()));
            } else {
                String hint = hint(name, fields, known);
                problems.error(Place.of(path, keyNode), "unknown key '" + Found.shortened(name) + "'", "", hint);
            }
        }
    }

    /** A key that is known one level deeper was most likely indented wrongly. */
    private static String hint(String name, Shapes.Fields fields, List<String> known) {
        for (Shapes.Field field : fields.all()) {
            if (field.shape() instanceof Shape.Section inner
                    && Shapes.of(inner.type()).names().contains(name)) {
                return "it belongs in '" + field.name() + "'";
            }
        }
        return Nearest.hint(name, "keys", known);
    }

    private boolean isTwice(Object name, Map<Object, Node> seen, Node keyNode, String path) {
        Node first = seen.putIfAbsent(name, keyNode);
        if (first == null) {
            return false;
        }
        String hint = "the first is on line " + Place.of(path, first).line();
        problems.error(Place.of(path, keyNode), "'" + Found.shortened(name.toString()) + "' is here twice", "", hint);
        return true;
    }

    /** One value for each key; null when one that has no default is missing or wrong. */
    private @Nullable Object @Nullable [] values(
            Shapes.Fields fields, Map<String, Node> nodes, Node section, String path) {
        @Nullable Object[] values = new @Nullable Object[fields.all().size()];
        boolean complete = true;
        for (int i = 0; i < values.length; i++) {
            Shapes.Field field = fields.all().get(i);
            Node node = nodes.get(field.name());
            Object value = null;
            if (node != null) {
                // A shorthand's value has no key of its own in the file, hence none in the path.
                String at = section instanceof MappingNode ? Found.join(path, field.name()) : path;
                value = value(field.shape(), field.key(), node, at);
            } else if (field.key().required()) {
                problems.error(Place.of(path, section), "the key '" + field.name() + "' is missing", "", "");
            }
            values[i] = value == null ? fields.standIns().get(i) : value;
            complete &= values[i] != null || !field.key().required();
        }
        return complete ? values : null;
    }

    private static String said(IllegalArgumentException refused) {
        return refused.getMessage() == null ? "" : refused.getMessage();
    }
}
