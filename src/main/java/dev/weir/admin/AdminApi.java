package dev.weir.admin;

import dev.weir.control.Refused;
import dev.weir.control.StateStore;
import dev.weir.observe.Exposition;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What there is at the admin port: finds the endpoint of a request and turns what is in its way into problem details
 * (RFC 9457). {@code openapi.json} describes all of it.
 */
final class AdminApi implements AdminHandler {
    private static final Logger log = LoggerFactory.getLogger(AdminApi.class);
    static final String DOCUMENT = "openapi.json";

    private final AdminView view;
    private final List<Endpoint> endpoints = new ArrayList<>();

    AdminApi(AdminView view) {
        this.view = view;
        endpoints.add(new Endpoint("GET", "/livez", (_, _) -> AdminResponse.text(200, "ok")));
        endpoints.add(new Endpoint("GET", "/readyz", (_, _) -> readiness()));
        endpoints.add(new Endpoint("GET", "/metrics", (request, _) -> metrics(request)));
        endpoints.add(new Endpoint("GET", "/v1/openapi.json", (_, _) -> document()));
        endpoints.add(new Endpoint("POST", "/v1/upgrade", (_, _) -> upgrade()));
        ServersApi servers = new ServersApi(view);
        PoolsApi pools = new PoolsApi(view, servers);
        endpoints.addAll(pools.endpoints());
        endpoints.addAll(servers.endpoints());
        endpoints.addAll(new RoutesApi(view).endpoints());
        endpoints.addAll(new ConfigApi(view).endpoints());
        endpoints.addAll(new StatusApi(view, pools).endpoints());
    }

    List<Endpoint> endpoints() {
        return List.copyOf(endpoints);
    }

    @Override
    public AdminResponse answer(AdminRequest request) {
        Set<String> allowed = new TreeSet<>();
        String method = request.effectiveMethod();
        for (Endpoint endpoint : endpoints) {
            @Nullable List<String> names = endpoint.match(request.segments());
            if (names != null && endpoint.method().equals(method)) {
                return answer(endpoint, request, names);
            }
            if (names != null) {
                allowed.add(endpoint.method());
            }
        }
        return allowed.isEmpty()
                ? AdminResponse.problem(404, "There is nothing at " + request.path() + ".")
                : notAllowed(request, allowed);
    }

    private static AdminResponse notAllowed(AdminRequest request, Set<String> allowed) {
        String methods = String.join(", ", allowed).replace("GET", "GET, HEAD");
        return AdminResponse.problem(405, request.path() + " takes " + methods + ".")
                .with("Allow", methods);
    }

    private static AdminResponse answer(Endpoint endpoint, AdminRequest request, List<String> names) {
        try {
            return endpoint.action().answer(request, names);
        } catch (Body.Unusable unusable) {
            return unusable.answer();
        } catch (Refused refused) {
            int status = switch (refused.why()) {
                case MISSING -> 404;
                case CONFLICT -> 409;
                case CHANGED -> 412;
                case UNSOUND -> 400;
            };
            return AdminResponse.problem(status, String.valueOf(refused.getMessage()), refused.problems());
        } catch (StateStore.OutcomeUnknown unknown) {
            log.warn("a change by the admin API has an unknown outcome: {}", unknown.getMessage());
            return AdminResponse.problem(
                    503,
                    "Whether the change was made is not known: " + unknown.getMessage()
                            + ". It may be made yet; look before you try again.");
        } catch (IOException failure) {
            log.warn("a change by the admin API was not made: {}", failure.getMessage());
            return AdminResponse.problem(503, "The change was not made: " + failure.getMessage() + ".");
        }
    }

    private AdminResponse upgrade() {
        try {
            return AdminResponse.json(
                    200, AdminResponse.Json.MAPPER.createObjectNode().put("pid", view.upgrade()));
        } catch (AdminView.UpgradeFailed failed) {
            return AdminResponse.problem(409, String.valueOf(failed.getMessage()));
        }
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

    private static AdminResponse document() throws IOException {
        try (InputStream in = Objects.requireNonNull(AdminApi.class.getResourceAsStream(DOCUMENT))) {
            return AdminResponse.of(200, AdminResponse.JSON, in.readAllBytes());
        }
    }
}
