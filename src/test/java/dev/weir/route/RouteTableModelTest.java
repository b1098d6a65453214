package dev.weir.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.RouteConfig;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The compiled table against the definition: the routes asked one by one, on strings, for random routes and requests. */
class RouteTableModelTest {
    private static final String[] HOSTS = {"a", "b.a", "c.b.a", "x.com", "y.x.com", "z.y.x.com"};
    private static final String[] SEGMENTS = {
        "a", "b", "ab", "abc", ".", "..", "", ".a", "...", "%61", "%2e", "%2F", "%zz"
    };
    private static final String[] METHODS = {"GET", "POST", "PURGE", "get"};
    private static final String[] NAMES = {"x-a", "X-B"};
    private static final String[] VALUES = {"1", "2", ""};

    private record Request(String method, String host, String path, List<Map.Entry<String, String>> headers) {}

    static LongStream seeds() {
        Long given = Long.getLong("seed");
        return given == null ? LongStream.rangeClosed(1, 300) : LongStream.of(given);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void match_randomRoutesAndRequests_isWhatOneByOneGives(long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        List<RouteConfig> routes = list(random, 1 << random.nextInt(8), () -> route(random));
        RouteTable table = RouteTable.of(routes);
        for (int i = 0; i < 100; i++) {
            Request request = request(random);
            String[] lines = request.headers.stream()
                    .map(header -> header.getKey() + ": " + header.getValue())
                    .toArray(String[]::new);
            int found = table.match(Requests.of(request.method, request.path, request.host, lines));
            assertThat(found).as("seed %d, %s, %s", seed, request, routes).isEqualTo(oneByOne(routes, request));
        }
    }

    private static int oneByOne(List<RouteConfig> routes, Request request) {
        for (int i = 0; i < routes.size(); i++) {
            RouteConfig.Match match = routes.get(i).match();
            if (hostMatches(match.host(), request.host)
                    && pathMatches(match.path(), request.path)
                    && (match.methods().isEmpty() || match.methods().contains(request.method))
                    && headersMatch(match.headers(), request.headers)) {
                return i;
            }
        }
        return -1;
    }

    private static boolean hostMatches(String pattern, String host) {
        String name = host.replaceAll(":.*", "").replaceAll("\\.$", "").toLowerCase(Locale.ROOT);
        if (pattern.startsWith("*.")) {
            String domain = pattern.substring(1).toLowerCase(Locale.ROOT);
            return name.endsWith(domain) && name.length() > domain.length();
        }
        return pattern.isEmpty() || pattern.equalsIgnoreCase(name);
    }

    private static boolean pathMatches(String pattern, String path) {
        String normal = normal(path);
        if (pattern.endsWith("/*")) {
            String above = pattern.substring(0, pattern.length() - 2);
            return normal.equals(above) || normal.startsWith(above + "/");
        }
        if (pattern.endsWith("*")) {
            return normal.startsWith(pattern.substring(0, pattern.length() - 1));
        }
        return pattern.isEmpty() || normal.equals(pattern);
    }

    private static boolean headersMatch(Map<String, String> wanted, List<Map.Entry<String, String>> headers) {
        return wanted.entrySet().stream()
                .allMatch(want -> headers.stream()
                        .anyMatch(header -> header.getKey().equalsIgnoreCase(want.getKey())
                                && (want.getValue().equals("*")
                                        || want.getValue().equals(header.getValue()))));
    }

    /** Segment by segment on a stack. Of the escapes, only those that the requests here have. */
    private static String normal(String path) {
        String decoded = path.replace("%61", "a").replace("%2e", ".");
        Deque<String> kept = new ArrayDeque<>();
        String[] segments = decoded.substring(1).split("/", -1);
        for (String segment : segments) {
            if (segment.equals("..")) {
                kept.pollLast();
            } else if (!segment.isEmpty() && !segment.equals(".")) {
                kept.addLast(segment);
            }
        }
        String last = segments[segments.length - 1];
        boolean endsWithSlash = last.isEmpty() || last.equals(".") || last.equals("..");
        return "/" + String.join("/", kept) + (endsWithSlash && !kept.isEmpty() ? "/" : "");
    }

    private static RouteConfig route(RandomGenerator random) {
        String host = random.nextInt(3) == 0 ? "" : (random.nextInt(3) == 0 ? "*." : "") + any(random, HOSTS);
        Map<String, String> headers = new HashMap<>();
        for (int i = random.nextInt(4); i > 2; i--) {
            headers.put(any(random, NAMES), random.nextBoolean() ? "*" : any(random, VALUES));
        }
        List<String> methods = random.nextInt(3) > 0 ? List.of() : list(random, 2, () -> any(random, METHODS));
        return new RouteConfig(new RouteConfig.Match(host, pattern(random), methods, headers), "pool");
    }

    private static String pattern(RandomGenerator random) {
        String path = normal(path(random));
        return switch (random.nextInt(6)) {
            case 0 -> "";
            case 1 -> path.endsWith("/") ? path + "*" : path + "/*";
            case 2 -> path + "*";
            default -> path;
        };
    }

    private static Request request(RandomGenerator random) {
        String host = any(random, HOSTS);
        host = (random.nextBoolean() ? host.toUpperCase(Locale.ROOT) : host) + any(random, "", "", ".", ":80", ".:80");
        List<Map.Entry<String, String>> headers =
                list(random, 3, () -> Map.entry(any(random, NAMES).toLowerCase(Locale.ROOT), any(random, VALUES)));
        return new Request(any(random, METHODS), host, path(random), headers);
    }

    private static String path(RandomGenerator random) {
        return "/" + String.join("/", list(random, 4, () -> any(random, SEGMENTS)));
    }

    private static <T> List<T> list(RandomGenerator random, int upTo, Supplier<T> element) {
        return new ArrayList<>(
                Stream.generate(element).limit(random.nextInt(upTo + 1)).toList());
    }

    private static String any(RandomGenerator random, String... choices) {
        return choices[random.nextInt(choices.length)];
    }
}
