package dev.weir.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A request to the admin port, whole; nothing of it is left to be read. Immutable. */
final class AdminRequest {
    private final String method;
    private final String rawPath;
    private final List<String> segments;
    private final Map<String, String> query;
    private final Map<String, String> fields;
    private final byte[] content;

    private AdminRequest(
            String method, String target, List<String> segments, Map<String, String> fields, byte[] content) {
        int question = target.indexOf('?');
        this.method = method;
        this.rawPath = question < 0 ? target : target.substring(0, question);
        this.segments = List.copyOf(segments);
        this.query = question < 0 ? Map.of() : query(target.substring(question + 1));
        this.fields = Map.copyOf(fields);
        this.content = content;
    }

    /**
     * A request.
     *
     * @param target path and query as they came
     * @param fields by name in lower case
     * @return null when the target cannot be read
     */
    static @Nullable AdminRequest of(String method, String target, Map<String, String> fields, byte[] content) {
        int question = target.indexOf('?');
        String path = question < 0 ? target : target.substring(0, question);
        if (!path.startsWith("/")) {
            return null;
        }
        List<String> segments = new ArrayList<>();
        try {
            for (String raw : path.substring(1).split("/", -1)) {
                segments.add(decoded(raw.replace("+", "%2B")));
            }
            return new AdminRequest(method, target, segments, fields, content);
        } catch (IllegalArgumentException broken) {
            return null;
        }
    }

    private static Map<String, String> query(String text) {
        Map<String, String> query = new LinkedHashMap<>();
        for (String pair : text.split("&", -1)) {
            int equals = pair.indexOf('=');
            String name = equals < 0 ? pair : pair.substring(0, equals);
            query.putIfAbsent(decoded(name), equals < 0 ? "" : decoded(pair.substring(equals + 1)));
        }
        return query;
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, UTF_8);
    }

    String method() {
        return method;
    }

    /** As it came. */
    String rawPath() {
        return rawPath;
    }

    /** The path as a person reads it. */
    String path() {
        return "/" + String.join("/", segments);
    }

    /** The parts of the path between its slashes, each decoded: an address may have any characters. */
    List<String> segments() {
        return segments;
    }

    /** A parameter of the query; empty when it is not there. */
    String parameter(String name) {
        return query.getOrDefault(name, "");
    }

    /** Whether a switch of the query is on: {@code ?now}, {@code ?now=true}. */
    boolean isOn(String name) {
        String value = query.get(name);
        return value != null && (value.isEmpty() || value.equals("true"));
    }

    /** A header field, by its name in lower case; null when it was not sent. */
    @Nullable String field(String name) {
        return fields.get(name);
    }

    /** The media type of the content without its parameters, in lower case; empty when none is told. */
    String mediaType() {
        String type = fields.getOrDefault("content-type", "");
        int end = type.indexOf(';');
        return (end < 0 ? type : type.substring(0, end)).strip().toLowerCase(Locale.ROOT);
    }

    boolean hasContent() {
        return content.length > 0;
    }

    /** The content as text. */
    String text() {
        return new String(content, UTF_8);
    }

    /** Whether it only reads. */
    boolean reads() {
        return method.equals("GET") || method.equals("HEAD");
    }

    /** The same request with a method of another name, for a resource that answers HEAD as it answers GET. */
    String effectiveMethod() {
        return method.equals("HEAD") ? "GET" : method;
    }
}
