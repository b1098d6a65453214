package dev.weir.admin;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import dev.weir.observe.Exposition;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers the requests of the admin port. Errors are problem details (RFC 9457). */
final class AdminHandler implements HttpHandler {
    private static final Logger log = LoggerFactory.getLogger(AdminHandler.class);

    private final AdminView view;
    private final PoolsApi pools;

    AdminHandler(AdminView view) {
        this.view = view;
        this.pools = new PoolsApi(view);
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
            default -> {
                if (path.startsWith(PoolsApi.ROOT)) {
                    pools.answer(exchange);
                } else {
                    Answers.problem(exchange, "Not Found", 404, "There is nothing at " + path + ".");
                }
            }
        }
    }

    private void read(HttpExchange exchange, String path) throws IOException {
        if (!Answers.reads(exchange)) {
            Answers.notAllowed(exchange, "GET, HEAD", path + " can only be read.");
            return;
        }
        switch (path) {
            case "/livez" -> Answers.text(exchange, 200, "ok");
            case "/readyz" -> readiness(exchange);
            default -> metrics(exchange);
        }
    }

    private void readiness(HttpExchange exchange) throws IOException {
        @Nullable String reason = view.notReady();
        if (reason == null) {
            Answers.text(exchange, 200, "ready");
        } else {
            Answers.text(exchange, 503, "not ready: " + reason);
        }
    }

    private void metrics(HttpExchange exchange) throws IOException {
        @Nullable String accept = exchange.getRequestHeaders().getFirst("Accept");
        Exposition page;
        try {
            page = view.metrics(Optional.ofNullable(accept).orElse(""));
        } catch (RuntimeException e) {
            log.error("The metrics could not be read", e);
            Answers.problem(
                    exchange, "Internal Server Error", 500, "The metrics could not be read; Weir's log says why.");
            return;
        }
        Answers.send(exchange, 200, page.contentType(), page.size(), page::writeTo);
    }
}
