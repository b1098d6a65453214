package dev.weir.admin;

import dev.weir.observe.Exposition;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What there is at the admin port. Errors are problem details (RFC 9457). */
final class AdminApi implements AdminHandler {
    private static final Logger log = LoggerFactory.getLogger(AdminApi.class);

    private final AdminView view;

    /** The process that has taken over. */
    private record Upgraded(long pid) {}

    private final PoolsApi pools;

    AdminApi(AdminView view) {
        this.view = view;
        this.pools = new PoolsApi(view);
    }

    @Override
    public AdminResponse answer(AdminRequest request) {
        String path = request.rawPath();
        return switch (path) {
            case "/livez", "/readyz", "/metrics" -> read(request, path);
            case "/v1/upgrade" -> upgrade(request);
            default -> path.startsWith("/v1/") ? pools.answer(request) : AdminResponse.problem(404, nothingAt(request));
        };
    }

    private AdminResponse upgrade(AdminRequest request) {
        if (!request.method().equals("POST")) {
            return AdminResponse.problem(405, "An upgrade is asked for by POST.")
                    .with("Allow", "POST");
        }
        try {
            return AdminResponse.json(200, new Upgraded(view.upgrade()));
        } catch (AdminView.UpgradeFailed failed) {
            return AdminResponse.problem(409, String.valueOf(failed.getMessage()));
        }
    }

    static String nothingAt(AdminRequest request) {
        return "There is nothing at " + request.path() + ".";
    }

    private AdminResponse read(AdminRequest request, String path) {
        if (!request.reads()) {
            return AdminResponse.problem(405, path + " can only be read.").with("Allow", "GET, HEAD");
        }
        return switch (path) {
            case "/livez" -> AdminResponse.text(200, "ok");
            case "/readyz" -> readiness();
            default -> metrics(request);
        };
    }

    private AdminResponse readiness() {
        @Nullable String reason = view.notReady();
        return reason == null ? AdminResponse.text(200, "ready") : AdminResponse.text(503, "not ready: " + reason);
    }

    private AdminResponse metrics(AdminRequest request) {
        try {
            Exposition page =
                    view.metrics(Optional.ofNullable(request.field("accept")).orElse(""));
            ByteArrayOutputStream content = new ByteArrayOutputStream(page.size());
            page.writeTo(content);
            return AdminResponse.of(200, page.contentType(), content.toByteArray());
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        } catch (RuntimeException e) {
            log.error("The metrics could not be read", e);
            return AdminResponse.problem(500, "The metrics could not be read; Weir's log says why.");
        }
    }
}
