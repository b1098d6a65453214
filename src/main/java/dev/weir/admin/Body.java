package dev.weir.admin;

import dev.weir.config.ConfigPart;
import dev.weir.config.ConfigProblem;
import java.util.List;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The content of a request that changes something: a JSON object. What it says of servers, pools and routes is the
 * language of the configuration, read by its reader.
 */
final class Body {
    private static final Set<String> JSON = Set.of("", "application/json", "application/merge-patch+json", "text/json");
    private static final Set<String> YAML =
            Set.of("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "text/plain");

    private Body() {}

    /** The content is not what is needed; the answer says why. */
    static final class Unusable extends Exception {
        private static final long serialVersionUID = 1;
        private final transient AdminResponse answer;

        Unusable(AdminResponse answer) {
            super("", null, false, false);
            this.answer = answer;
        }

        AdminResponse answer() {
            return answer;
        }
    }

    /** The content as a JSON object. */
    static ObjectNode object(AdminRequest request) throws Unusable {
        if (!JSON.contains(request.mediaType()) && !mislabelled(request)) {
            throw unsupported(request, "application/json");
        }
        JsonNode node;
        try {
            node = AdminResponse.Json.MAPPER.readTree(request.text());
        } catch (JacksonException malformed) {
            throw bad("The content is not JSON: " + firstLine(malformed.getOriginalMessage()) + ".");
        }
        if (!(node instanceof ObjectNode object)) {
            throw bad("The content is to be a JSON object.");
        }
        return object;
    }

    /** {@code curl -d} calls all that it sends a form unless it is told otherwise. */
    private static boolean mislabelled(AdminRequest request) {
        return request.mediaType().equals("application/x-www-form-urlencoded")
                && request.text().stripLeading().startsWith("{");
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("").replaceFirst(" \\(start marker .*", "");
    }

    /** A configuration file's text. */
    static String yaml(AdminRequest request) throws Unusable {
        if (!YAML.contains(request.mediaType()) && !JSON.contains(request.mediaType())) {
            throw unsupported(request, "application/yaml");
        }
        if (request.text().isBlank()) {
            throw bad("The content is to be a configuration file.");
        }
        return request.text();
    }

    /** A section of the configuration. */
    static <T extends Record> T section(Class<T> type, ObjectNode object) throws Unusable {
        return switch (ConfigPart.read(type, "content", object.toString())) {
            case ConfigPart.Result.Sound<T>(T value) -> value;
            case ConfigPart.Result.Faulty<T>(List<ConfigProblem> problems) ->
                throw unsound(problems.stream().map(ConfigProblem::detail).toList());
        };
    }

    private static Unusable unsound(List<String> problems) {
        return new Unusable(AdminResponse.problem(400, String.join("; ", problems), problems));
    }

    static Unusable bad(String detail) {
        return new Unusable(AdminResponse.problem(400, detail));
    }

    private static Unusable unsupported(AdminRequest request, String wanted) {
        return new Unusable(
                AdminResponse.problem(415, "The content is '" + request.mediaType() + "', and is to be " + wanted + ".")
                        .with("Accept", wanted));
    }
}
