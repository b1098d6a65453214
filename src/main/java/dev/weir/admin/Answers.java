package dev.weir.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/** How the admin port answers: as text, as JSON, or with problem details (RFC 9457). */
final class Answers {
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String JSON = "application/json";
    private static final String PROBLEM = "application/problem+json";

    /** Writes an answer's content. */
    @FunctionalInterface
    interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    /** The members of a problem without a type of its own, in their usual order. */
    private record Problem(String title, int status, String detail) {}

    // The JSON library is not loaded before it is needed: scrapes and probes do without.
    static final class Json {
        static final JsonMapper MAPPER = JsonMapper.builder()
                .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                .build();

        private Json() {}
    }

    private Answers() {}

    static void text(HttpExchange exchange, int status, String text) throws IOException {
        byte[] bytes = text.getBytes(UTF_8);
        send(exchange, status, TEXT, bytes.length, out -> out.write(bytes));
    }

    static void json(HttpExchange exchange, Object value) throws IOException {
        byte[] bytes = Json.MAPPER.writeValueAsBytes(value);
        send(exchange, 200, JSON, bytes.length, out -> out.write(bytes));
    }

    static void problem(HttpExchange exchange, String title, int status, String detail) throws IOException {
        byte[] bytes = Json.MAPPER.writeValueAsBytes(new Problem(title, status, detail));
        send(exchange, status, PROBLEM, bytes.length, out -> out.write(bytes));
    }

    /** 405 with what is possible instead. */
    static void notAllowed(HttpExchange exchange, String allowed, String detail) throws IOException {
        exchange.getResponseHeaders().set("Allow", allowed);
        problem(exchange, "Method Not Allowed", 405, detail);
    }

    static boolean reads(HttpExchange exchange) {
        String method = exchange.getRequestMethod();
        return method.equals("GET") || method.equals("HEAD");
    }

    static void send(HttpExchange exchange, int status, String contentType, int size, Content content)
            throws IOException {
        exchange.getResponseHeaders().set("Content-Type", contentType);
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set("Content-Length", Integer.toString(size));
            exchange.sendResponseHeaders(status, -1);
            return;
        }
        exchange.sendResponseHeaders(status, size);
        content.writeTo(exchange.getResponseBody());
    }
}
