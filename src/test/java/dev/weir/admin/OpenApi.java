package dev.weir.admin;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The document of the API, and whether answers are as it says. */
final class OpenApi {
    private static final Set<String> METHODS = Set.of("get", "put", "post", "delete", "patch");

    private final JsonNode document;

    private OpenApi(JsonNode document) {
        this.document = document;
    }

    static OpenApi read() {
        try (InputStream in = Objects.requireNonNull(AdminApi.class.getResourceAsStream(AdminApi.DOCUMENT))) {
            return new OpenApi(JsonMapper.shared().readTree(in.readAllBytes()));
        } catch (IOException impossible) {
            throw new AssertionError(impossible);
        }
    }

    JsonNode document() {
        return document;
    }

    /** Each {@code GET /path}. */
    Set<String> operations() {
        Set<String> operations = new TreeSet<>();
        document.get("paths")
                .properties()
                .forEach(path -> path.getValue().propertyNames().stream()
                        .filter(METHODS::contains)
                        .forEach(method ->
                                operations.add(method.toUpperCase(java.util.Locale.ROOT) + " " + path.getKey())));
        return operations;
    }

    private JsonNode operation(String operation) {
        String[] words = operation.split(" ", 2);
        return document.path("paths").path(words[1]).path(words[0].toLowerCase(java.util.Locale.ROOT));
    }

    Set<String> statuses(String operation) {
        return new TreeSet<>(operation(operation).path("responses").propertyNames());
    }

    /** What is not as the document says in this answer to an operation. */
    List<String> faults(String operation, AdminResponse response) {
        List<String> faults = new ArrayList<>();
        JsonNode told = resolved(operation(operation).path("responses").path(Integer.toString(response.status())));
        if (told.isMissingNode()) {
            return List.of(operation + " does not tell of " + response.status());
        }
        told.path("headers").propertyNames().stream()
                .filter(name -> !response.fields().containsKey(name))
                .forEach(name -> faults.add(operation + " has no " + name));
        JsonNode content = told.path("content");
        String type = response.fields().getOrDefault("Content-Type", "");
        if (content.isMissingNode() ? response.content().length > 0 : !content.has(type)) {
            faults.add(operation + " " + response.status() + " is of type " + type);
        } else if (type.endsWith("json")) {
            check(content.path(type).path("schema"), response.json(), operation + " " + response.status(), faults);
        }
        return faults;
    }

    private JsonNode resolved(JsonNode node) {
        return node.has("$ref") ? document.at(node.get("$ref").asString().substring(1)) : node;
    }

    /** As much of JSON Schema as the document uses; an unknown keyword fails, so that none goes unchecked. */
    private void check(JsonNode schema, JsonNode value, String path, List<String> faults) {
        for (Map.Entry<String, JsonNode> rule : schema.properties()) {
            if (!holds(rule.getKey(), rule.getValue(), schema, value, path, faults)) {
                faults.add(path + " breaks " + rule.getKey() + " " + rule.getValue() + ": " + value);
            }
        }
    }

    private boolean holds(
            String keyword, JsonNode rule, JsonNode schema, JsonNode value, String path, List<String> faults) {
        return switch (keyword) {
            case "description", "minimum", "maximum" -> true;
            case "$ref" -> {
                check(resolved(schema), value, path, faults);
                yield true;
            }
            case "type" ->
                rule.isArray()
                        ? rule.valueStream().anyMatch(type -> is(type.asString(), value))
                        : is(rule.asString(), value);
            case "const" -> rule.equals(value);
            case "enum" -> rule.valueStream().anyMatch(value::equals);
            case "allOf" -> {
                rule.forEach(each -> check(each, value, path, faults));
                yield true;
            }
            case "anyOf" ->
                rule.valueStream().anyMatch(each -> {
                    List<String> own = new ArrayList<>();
                    check(each, value, path, own);
                    return own.isEmpty();
                });
            case "items" -> {
                value.forEach(each -> check(rule, each, path + "[]", faults));
                yield true;
            }
            case "properties" -> {
                rule.properties().stream()
                        .filter(each -> value.has(each.getKey()))
                        .forEach(each ->
                                check(each.getValue(), value.get(each.getKey()), path + "." + each.getKey(), faults));
                yield true;
            }
            case "additionalProperties" -> {
                value.forEach(each -> check(rule, each, path, faults));
                yield true;
            }
            case "required" -> rule.valueStream().allMatch(name -> value.has(name.asString()));
            default -> throw new AssertionError("unknown keyword " + keyword);
        };
    }

    private static boolean is(String type, JsonNode value) {
        return switch (type) {
            case "object" -> value.isObject();
            case "array" -> value.isArray();
            case "integer" -> value.isIntegralNumber();
            case "number" -> value.isNumber();
            case "boolean" -> value.isBoolean();
            case "null" -> value.isNull();
            case "string" -> value.isString();
            default -> throw new AssertionError("unknown type " + type);
        };
    }
}
