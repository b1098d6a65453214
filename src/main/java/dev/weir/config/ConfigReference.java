package dev.weir.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;

/** The reference page of the configuration, in Markdown: an introduction written by hand, then a table for each record. */
public final class ConfigReference {
    private final StringBuilder page = new StringBuilder();
    private final Deque<Part> parts = new ArrayDeque<>();

    private ConfigReference() {}

    /** A record that has a table of its own, and where it stands. */
    private record Part(String path, Shape.Section section, String doc) {}

    /** The whole page. */
    public static String page() {
        ConfigReference reference = new ConfigReference();
        reference.write();
        return reference.page.toString();
    }

    private void write() {
        page.append(introduction());
        parts.add(new Part("", new Shape.Section(WeirConfig.class), "The keys of the file."));
        while (!parts.isEmpty()) {
            write(parts.remove());
        }
    }

    private void write(Part part) {
        page.append("\n## ").append(part.path().isEmpty() ? "The file" : "`" + part.path() + "`");
        page.append("\n\n").append(part.doc()).append('\n');
        Shapes.Fields fields = Shapes.of(part.section().type());
        if (fields.shorthand()) {
            String first = fields.all().getFirst().name();
            page.append("\nA single value in its place is the value of `")
                    .append(first)
                    .append("`.\n");
        }
        page.append("\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n");
        fields.all().forEach(this::row);
        fields.all().forEach(field -> queue(part.path(), field));
    }

    private void row(Shapes.Field field) {
        page.append("| `").append(field.name()).append("` | ");
        page.append(type(field.shape(), field.key())).append(" | ");
        page.append(defaultOf(field)).append(" | ");
        page.append(field.key().doc().replace("|", "\\|")).append(" |\n");
    }

    private void queue(String path, Shapes.Field field) {
        String at = path.isEmpty() ? field.name() : path + "." + field.name();
        switch (field.shape()) {
            case Shape.Section section ->
                parts.add(new Part(at, section, field.key().doc()));
            case Shape.Many(Shape.Section section) ->
                parts.add(new Part(at + "[]", section, field.key().doc()));
            case Shape.Named(Scalar _, Shape.Section section) ->
                parts.add(new Part(at + ".NAME", section, field.key().doc()));
            default -> {}
        }
    }

    private static String type(Shape shape, Key key) {
        return switch (shape) {
            case Shape.Single single -> single.scalar().label() + range(single.scalar(), key);
            case Shape.Choice choice -> "`" + String.join("`, `", choice.names()) + "`";
            case Shape.Many(Shape.Section _) -> "list";
            case Shape.Many many -> "list of: " + type(many.element(), key);
            case Shape.Named named ->
                "map from " + named.names().label()
                        + (named.element() instanceof Shape.Single one ? " to " + type(one, key) : "");
            case Shape.Section _ -> "keys";
        };
    }

    private static String range(Scalar scalar, Key key) {
        String word = key.word().isEmpty() ? "" : ", or `" + key.word() + "`";
        if (!Values.isBounded(scalar) || key.min().isEmpty()) {
            return word;
        }
        return key.max().isEmpty() ? " from " + key.min() + word : " " + key.min() + " to " + key.max() + word;
    }

    private static String defaultOf(Shapes.Field field) {
        if (field.key().required()) {
            return "**required**";
        }
        return field.key().def().isEmpty() ? "" : "`" + field.key().def() + "`";
    }

    private static String introduction() {
        try (InputStream in = ConfigReference.class.getResourceAsStream("reference-introduction.md")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
