package dev.weir.config;

import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;

/** Keys of {@code health} that need or exclude each other, or that its pool's servers cannot fulfil. */
final class HealthChecks {
    private static final HealthConfig STANDARD = HealthConfig.standard();

    /** What a check sets by itself, or what has no meaning in it. */
    private static final Set<String> NOT_OF_USERS = Set.of(
            "connection",
            "content-length",
            "expect",
            "grpc-timeout",
            "http2-settings",
            "keep-alive",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");

    private final ConfigPlaces places;
    private final Problems problems;

    HealthChecks(ConfigPlaces places, Problems problems) {
        this.places = places;
        this.problems = problems;
    }

    void check(PoolConfig pool) {
        check(pool.health(), pool);
        boolean unix = false;
        for (PoolConfig.ServerConfig server : pool.servers()) {
            boolean unnumbered = server.address() instanceof Address.Unix;
            HealthConfig own = server.health();
            if (own == null) {
                unix |= unnumbered;
            } else {
                check(own, pool);
                checkPort(own, unnumbered);
            }
        }
        checkPort(pool.health(), unix);
    }

    private void checkPort(HealthConfig health, boolean unix) {
        if (unix && health.port() != 0) {
            error(health, "port", "a unix socket has no port", "leave it out");
        }
    }

    private void check(HealthConfig health, PoolConfig pool) {
        switch (health.type()) {
            case OFF -> {
                return;
            }
            case AUTO, TCP -> checkSilent(health);
            case HTTP -> checkRequest(health);
            case GRPC -> checkCall(health, pool);
        }
        String every = "'every' is " + Scalar.DURATION.print(health.every());
        if (health.timeout().compareTo(health.every()) > 0) {
            String found = "a check may take longer than it is to the next one";
            problems.warning(places.of(health, "timeout"), found, every);
        }
        if (health.everyWhileChanging().compareTo(health.every()) > 0
                && places.isWritten(health, "every-while-changing")) {
            String found = "this is longer than 'every', which holds";
            problems.warning(places.of(health, "every-while-changing"), found, every);
        }
    }

    /** Nothing is said on a connection that is only opened. */
    private void checkSilent(HealthConfig health) {
        String found = "a check of the type tcp sends no request";
        String hint = health.type() == HealthConfig.Type.AUTO ? "add 'path'" : "set 'type' to http";
        refuse(health, "path", !health.path().isEmpty(), found, hint);
        refuse(health, "host", !health.host().isEmpty(), found, hint);
        refuse(health, "headers", !health.headers().isEmpty(), found, hint);
        refuseOfHttp(health, found, hint);
        refuseService(health);
    }

    private void refuseOfHttp(HealthConfig health, String found, String hint) {
        refuse(health, "method", !health.method().equals(STANDARD.method()), found, hint);
        refuse(health, "expect", !health.expect().equals(STANDARD.expect()), found, hint);
        refuse(health, "contains", !health.contains().isEmpty(), found, hint);
        refuse(health, "matches", !health.matches().isEmpty(), found, hint);
    }

    private void refuseService(HealthConfig health) {
        String found = "only a check of the type grpc asks for a service";
        refuse(health, "service", !health.service().isEmpty(), found, "set 'type' to grpc");
    }

    private void checkRequest(HealthConfig health) {
        boolean head = health.method().equals("HEAD");
        String empty = "an answer to HEAD has no body";
        refuse(health, "contains", head && !health.contains().isEmpty(), empty, "set 'method' to GET");
        refuse(health, "matches", head && !health.matches().isEmpty(), empty, "set 'method' to GET");
        refuse(health, "method", health.method().equals("CONNECT"), "a check opens no tunnel", "set it to GET");
        String upper = health.method().toUpperCase(Locale.ROOT);
        if (!upper.equals(health.method()) && Checks.KNOWN_METHODS.contains(upper)) {
            String found = "the method '" + health.method() + "' is not '" + upper + "'";
            problems.warning(places.of(health, "method"), found, "case matters in methods");
        }
        checkHeaders(health);
        refuseService(health);
    }

    private void checkCall(HealthConfig health, PoolConfig pool) {
        String found = "a check of the type grpc sends a request of its own";
        refuse(health, "path", !health.path().isEmpty(), found, "'service' says what it asks for");
        refuseOfHttp(health, found, "'service' says what it asks for");
        boolean otherwise = !pool.http().contains(HttpVersion.H2);
        String http1 = "gRPC needs HTTP/2, and the pool's servers are spoken to in HTTP/1.1";
        refuse(health, "type", otherwise, http1, "add h2 to the pool's 'http'");
        checkHeaders(health);
        refuse(
                health,
                "headers",
                hasHeader(health, "content-type"),
                "a check of the type grpc sets 'content-type'",
                "");
    }

    private void checkHeaders(HealthConfig health) {
        // Sorted, so that problems come in the same order each time.
        new TreeMap<>(health.headers()).forEach((name, value) -> {
            String lower = name.toLowerCase(Locale.ROOT);
            refuse(health, "headers", NOT_OF_USERS.contains(lower), "a check cannot send '" + name + "'", "");
            refuse(health, "headers", lower.equals("host"), "the host is a key of its own", "write it as 'host'");
            boolean sound = value.chars().noneMatch(c -> (c < ' ' && c != '\t') || c == 0x7F);
            refuse(health, "headers", !sound, "the value of '" + name + "' has control characters", "");
        });
    }

    private static boolean hasHeader(HealthConfig health, String wanted) {
        return health.headers().keySet().stream().anyMatch(name -> name.equalsIgnoreCase(wanted));
    }

    private void refuse(HealthConfig health, String key, boolean wrong, String found, String hint) {
        if (wrong) {
            error(health, key, found, hint);
        }
    }

    private void error(HealthConfig health, String key, String found, String hint) {
        problems.error(places.of(health, key), found, "", hint);
    }
}
