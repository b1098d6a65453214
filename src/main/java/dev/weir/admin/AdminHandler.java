package dev.weir.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import dev.weir.observe.Exposition;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

/** Answers the requests of the admin port. Errors are problem details (RFC 9457). */
final class AdminHandler implements HttpHandler {
    private static final Logger log = LoggerFactory.getLogger(AdminHandler.class);
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String PROBLEM = "application/problem+json";

    private final AdminView view;

    AdminHandler(AdminView view) {
        this.view = view;
    }

    /** Writes an answer's content. */
    @FunctionalInterface
    private interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    /** The members of a problem without a type of its own, in their usual order. */
    private record Problem(String title, int status, String detail) {}

    // Problems are rare: the JSON library is not loaded before the first.
    private static final class Json {
        static final JsonMapper MAPPER = JsonMapper.builder().build();
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            exchange.getResponseHeaders().set("Cache-Control", "no-store");
            answer(exchange);
        } catch (RuntimeException e) {
            log.error("A request to the admin port failed: {}", exchange.getRequestURI(), e);
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        switch (path) {
            case "/livez", "/readyz", "/metrics" -> read(exchange, path);
            default -> problem(exchange, "Not Found", 404, "There is nothing at " + path + ".");
        }
    }

    private void read(HttpExchange exchange, String path) throws IOException {
        String method = exchange.getRequestMethod();
        if (!method.equals("GET") && !method.equals("HEAD")) {
            exchange.getResponseHeaders().set("Allow", "GET, HEAD");
            problem(exchange, "Method Not Allowed", 405, path + " can only be read.");
            return;
        }
        switch (path) {
            case "/livez" -> text(exchange, 200, "ok");
            case "/readyz" -> readiness(exchange);
            default -> metrics(exchange);
        }
    }

    private void readiness(HttpExchange exchange) throws IOException {
        @Nullable String reason = view.notReady();
        if (reason == null) {
            text(exchange, 200, "ready");
        } else {
            text(exchange, 503, "not ready: " + reason);
        }
    }

    private void metrics(HttpExchange exchange) throws IOException {
        @Nullable String accept = exchange.getRequestHeaders().getFirst("Accept");
        Exposition page;
        try {
            page = view.metrics(Optional.ofNullable(accept).orElse(""));
        } catch (RuntimeException e) {
            log.error("The metrics could not be read", e);
            problem(exchange, "Internal Server Error", 500, "The metrics could not be read; Weir's log says why.");
            return;
        }
        send(exchange, 200, page.contentType(), page.size(), page::writeTo);
    }

    private static void text(HttpExchange exchange, int status, String text) throws IOException {
        byte[] bytes = text.getBytes(UTF_8);
        send(exchange, status, TEXT, bytes.length, out -> out.write(bytes));
    }

    private static void problem(HttpExchange exchange, String title, int status, String detail) throws IOException {
        byte[] bytes = Json.MAPPER.writeValueAsBytes(new Problem(title, status, detail));
        send(exchange, status, PROBLEM, bytes.length, out -> out.write(bytes));
    }

    private static void send(HttpExchange exchange, int status, String contentType, int size, Content content)
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
