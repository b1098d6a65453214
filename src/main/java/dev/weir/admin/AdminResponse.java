package dev.weir.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What the admin port answers: text, JSON, or problem details (RFC 9457). Immutable. */
final class AdminResponse {
    static final String JSON = "application/json";
    static final String PROBLEM = "application/problem+json";
    static final String YAML = "application/yaml";
    private static final String TEXT = "text/plain; charset=utf-8";

    private final int status;
    private final Map<String, String> fields;
    private final byte[] content;

    private AdminResponse(int status, Map<String, String> fields, byte[] content) {
        this.status = status;
        this.fields = fields;
        this.content = content;
    }

    // The JSON library is not loaded before it is needed: scrapes and probes do without.
    static final class Json {
        static final JsonMapper MAPPER = JsonMapper.builder()
                .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                .build();

        private Json() {}
    }

    static AdminResponse of(int status, String contentType, byte[] content) {
        return new AdminResponse(status, Map.of("Content-Type", contentType), content);
    }

    static AdminResponse text(int status, String text) {
        return of(status, TEXT, text.getBytes(UTF_8));
    }

    /** Names of a record's components stand in snake_case. */
    static AdminResponse json(int status, Object value) {
        return of(status, JSON, Json.MAPPER.writeValueAsBytes(value));
    }

    static AdminResponse nothing() {
        return new AdminResponse(204, Map.of(), new byte[0]);
    }

    static AdminResponse problem(int status, String detail) {
        return problem(status, detail, List.of());
    }

    /** A problem that is several; each is a sentence. */
    static AdminResponse problem(int status, String detail, List<String> problems) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.put("title", title(status));
        body.put("status", status);
        body.put("detail", detail);
        if (!problems.isEmpty()) {
            problems.forEach(body.putArray("problems")::add);
        }
        return of(status, PROBLEM, Json.MAPPER.writeValueAsBytes(body));
    }

    private static String title(int status) {
        return switch (status) {
            case 400 -> "Bad Request";
            case 401 -> "Unauthorized";
            case 403 -> "Forbidden";
            case 404 -> "Not Found";
            case 405 -> "Method Not Allowed";
            case 406 -> "Not Acceptable";
            case 408 -> "Request Timeout";
            case 409 -> "Conflict";
            case 412 -> "Precondition Failed";
            case 413 -> "Content Too Large";
            case 415 -> "Unsupported Media Type";
            case 422 -> "Unprocessable Content";
            case 431 -> "Request Header Fields Too Large";
            case 503 -> "Service Unavailable";
            default -> "Internal Server Error";
        };
    }

    /** The same with one more header field. */
    AdminResponse with(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(fields);
        more.put(name, value);
        return new AdminResponse(status, more, content);
    }

    int status() {
        return status;
    }

    Map<String, String> fields() {
        return fields;
    }

    /** Not to be changed. */
    byte[] content() {
        return content;
    }

    /** The content read back. */
    JsonNode json() {
        return Json.MAPPER.readTree(content);
    }
}
