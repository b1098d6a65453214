package dev.weir.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** As much of JSON Schema as {@link ConfigSchema} uses; an unknown keyword fails, so that none goes unchecked. */
final class SchemaValidator {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final JsonNode schema = JSON.readTree(ConfigSchema.text());
    private final List<String> faults = new ArrayList<>();

    private SchemaValidator() {}

    /** What is wrong with a YAML text according to the schema. */
    static List<String> faults(String yaml) {
        SchemaValidator validator = new SchemaValidator();
        Object tree = new Load(LoadSettings.builder().build()).loadFromString(yaml);
        validator.check(validator.schema, JSON.valueToTree(tree), "$");
        return validator.faults;
    }

    private void check(JsonNode rules, JsonNode value, String path) {
        for (Map.Entry<String, JsonNode> rule : rules.properties()) {
            if (!holds(rule.getKey(), rule.getValue(), rules, value, path)) {
                faults.add(path + " breaks " + rule.getKey() + " " + rule.getValue());
            }
        }
    }

    private boolean holds(String keyword, JsonNode rule, JsonNode rules, JsonNode value, String path) {
        return switch (keyword) {
            case "$schema", "$defs", "title", "description", "default" -> true;
            case "$ref" -> {
                check(schema.at(rule.asString().substring(1)), value, path);
                yield true;
            }
            case "type" ->
                switch (rule.asString()) {
                    case "object" -> value.isObject();
                    case "array" -> value.isArray();
                    case "integer" -> value.isIntegralNumber();
                    case "boolean" -> value.isBoolean();
                    default -> value.isString();
                };
            case "const" -> rule.equals(value);
            case "enum" -> rule.valueStream().anyMatch(value::equals);
            case "anyOf" -> rule.valueStream().anyMatch(one -> fits(one, value));
            case "pattern" -> value.isString() && value.asString().matches("(?s).*" + rule.asString() + ".*");
            case "minimum" -> !value.isNumber() || value.decimalValue().compareTo(rule.decimalValue()) >= 0;
            case "maximum" -> !value.isNumber() || value.decimalValue().compareTo(rule.decimalValue()) <= 0;
            case "minItems", "minProperties" -> value.size() >= rule.asInt();
            case "items" -> {
                value.forEach(item -> check(rule, item, path + "[]"));
                yield true;
            }
            case "properties" -> {
                value.properties().stream()
                        .filter(entry -> rule.has(entry.getKey()))
                        .forEach(entry ->
                                check(rule.get(entry.getKey()), entry.getValue(), path + "." + entry.getKey()));
                yield true;
            }
            case "additionalProperties" -> {
                value.properties().stream()
                        .filter(entry -> !rules.path("properties").has(entry.getKey()))
                        .forEach(entry -> other(rule, entry, path));
                yield true;
            }
            case "propertyNames" -> {
                value.propertyNames().forEach(name -> check(rule, JSON.valueToTree(name), path));
                yield true;
            }
            case "required" -> rule.valueStream().allMatch(name -> value.has(name.asString()));
            default -> throw new AssertionError("unknown keyword " + keyword);
        };
    }

    private void other(JsonNode rule, Map.Entry<String, JsonNode> entry, String path) {
        if (rule.isBoolean()) {
            faults.add(path + " has the unknown key " + entry.getKey());
        } else {
            check(rule, entry.getValue(), path + "." + entry.getKey());
        }
    }

    private boolean fits(JsonNode rules, JsonNode value) {
        int before = faults.size();
        check(rules, value, "");
        boolean fits = faults.size() == before;
        faults.subList(before, faults.size()).clear();
        return fits;
    }
}
