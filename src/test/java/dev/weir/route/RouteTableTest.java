package dev.weir.route;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.weir.config.RouteConfig;
import dev.weir.http.RequestHead;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RouteTableTest {
    @Test
    void match_noRoutes_findsNone() {
        assertThat(RouteTable.of(List.of()).match(Requests.get("a", "/"))).isEqualTo(-1);
    }

    @Test
    void match_severalRoutes_firstInWrittenOrderWins() {
        RouteTable table = RouteTable.of(List.of(
                route("", "/api/*", List.of("POST"), Map.of()),
                route("a.example", "", List.of(), Map.of()),
                route("", "/api/v1", List.of(), Map.of()),
                route("*.example", "/api/*", List.of(), Map.of()),
                route("", "", List.of(), Map.of())));
        assertThat(table.match(Requests.of("POST", "/api/v1", "a.example"))).isEqualTo(0);
        assertThat(table.match(Requests.get("a.example", "/api/v1"))).isEqualTo(1);
        assertThat(table.match(Requests.get("b.example", "/api/v1"))).isEqualTo(2);
        assertThat(table.match(Requests.get("b.example", "/api/v2"))).isEqualTo(3);
        assertThat(table.match(Requests.get("example", "/api/v2"))).isEqualTo(4);
    }

    @ParameterizedTest
    @CsvSource({
        "example.com, example.com, true",
        "example.com, EXAMPLE.Com, true",
        "Example.COM, example.com, true",
        "example.com, example.com:8080, true",
        "example.com, example.com., true",
        "example.com., example.com, true",
        "example.com, www.example.com, false",
        "example.com, example.co, false",
        "*.example.com, www.example.com, true",
        "*.example.com, a.b.example.com:80, true",
        "*.Example.com, A.EXAMPLE.COM., true",
        "*.example.com, example.com, false",
        "*.example.com, .example.com, false",
        "*.example.com, badexample.com, false",
        "*, anything, true",
        "[::1], [::1]:80, true",
    })
    void match_host_comparesTheName(String pattern, String host, boolean matches) {
        RouteTable table = RouteTable.of(List.of(route(pattern, "", List.of(), Map.of())));
        assertThat(table.match(Requests.get(host, "/"))).isEqualTo(matches ? 0 : -1);
    }

    @ParameterizedTest
    @CsvSource({
        "/a, /a, true",
        "/a, /a?b=c, true",
        "/a, /a/, false",
        "/a, /ab, false",
        "/a, /A, false",
        "/a/, /a/, true",
        "/v1/*, /v1, true",
        "/v1/*, /v1/, true",
        "/v1/*, /v1/x/y, true",
        "/v1/*, /v1x, false",
        "/v1*, /v1x, true",
        "/v1*, /v1, true",
        "/v1*, /v, false",
        "/v1/.*, /v1/.hidden, true",
        "/v1/.*, /v1/open, false",
        "/*, /, true",
        "/*, /x, true",
        "*, /x, true",
        "/, /, true",
        "/, /x, false",
        "/admin, /x/../admin, true",
        "/admin, /%61dmin, true",
        "/admin, //admin, true",
        "/admin, /./admin, true",
        "/admin, /../../admin, true",
        "/admin, /%2e%2E/admin, true",
        "/admin/*, /admin//x, true",
        "/admin/*, /admin/../x, false",
        "/admin/, /admin/x/.., true",
        "/admin, /admin%2Fx, false",
        "/a%2fb, /a%2Fb, true",
        "/a//b, /a/b, true",
        "/%7Euser, /~user, true",
        "/café, /caf%c3%a9, true",
        "/a, http://h/a, true",
        "/, http://h, true",
        "/, http://h?q, true",
    })
    void match_path_comparesTheNormalForm(String pattern, String target, boolean matches) {
        RouteTable table = RouteTable.of(List.of(route("", pattern, List.of(), Map.of())));
        assertThat(table.match(Requests.get("h", target))).isEqualTo(matches ? 0 : -1);
    }

    @Test
    void match_asterisk_findsOnlyWhatTakesEveryPath() {
        RequestHead head = Requests.of("OPTIONS", "*", "h");
        assertThat(Stream.of("/", "/a", "/a/*", "/a*", "", "/*", "*")
                        .map(path -> RouteTable.of(List.of(route("", path, List.of(), Map.of())))
                                .match(head)))
                .containsExactly(-1, -1, -1, -1, 0, 0, 0);
    }

    @Test
    void match_absoluteForm_takesTheHostOfTheTarget() {
        RouteTable table = RouteTable.of(List.of(route("a.example", "/x", List.of(), Map.of())));
        assertThat(table.match(Requests.get("b.example", "http://a.example:81/x")))
                .isEqualTo(0);
        assertThat(table.match(Requests.get("a.example", "http://b.example/x"))).isEqualTo(-1);
    }

    @Test
    void match_noHost_findsOnlyRoutesWithoutOne() {
        RouteTable table =
                RouteTable.of(List.of(route("a", "", List.of(), Map.of()), route("", "", List.of(), Map.of())));
        assertThat(table.match(Requests.parse("GET / HTTP/1.0\r\n\r\n"))).isEqualTo(1);
    }

    @Test
    void match_methods_comparesTokensWithCase() {
        RouteTable table = RouteTable.of(List.of(route("", "", List.of("GET", "PURGE", "post"), Map.of())));
        assertThat(Stream.of("GET", "PURGE", "post").map(method -> table.match(Requests.of(method, "/", "h"))))
                .containsOnly(0);
        assertThat(Stream.of("HEAD", "POST", "get", "PURG").map(method -> table.match(Requests.of(method, "/", "h"))))
                .containsOnly(-1);
    }

    @Test
    void match_headers_anyLineMayHaveTheValue() {
        RouteTable table = RouteTable.of(List.of(
                route("", "", List.of(), Map.of("X-Beta", "1", "x-user", "*")),
                route("", "", List.of(), Map.of("accept", ""))));
        assertThat(table.match(Requests.of("GET", "/", "h", "x-beta: 0", "x-BETA: 1", "X-User: eve")))
                .isEqualTo(0);
        assertThat(table.match(Requests.of("GET", "/", "h", "x-beta: 1", "x-user:")))
                .isEqualTo(0);
        assertThat(table.match(Requests.of("GET", "/", "h", "x-beta: 1"))).isEqualTo(-1);
        assertThat(table.match(Requests.of("GET", "/", "h", "x-beta: 01", "x-user: eve")))
                .isEqualTo(-1);
        assertThat(table.match(Requests.of("GET", "/", "h", "accept:"))).isEqualTo(1);
        assertThat(table.match(Requests.of("GET", "/", "h", "accept: a"))).isEqualTo(-1);
    }

    @Test
    void match_normalPath_allocatesNothing() {
        RouteTable table = RouteTable.of(List.of(
                route("*.example.com", "/v1/*", List.of("POST"), Map.of()),
                route("www.example.com", "/v1/users", List.of(), Map.of("x-beta", "1")),
                route("", "/v1*", List.of("GET"), Map.of("x-beta", "*"))));
        RequestHead head = Requests.of("GET", "/v1/users?x=1", "www.example.com", "x-beta: 2");
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        int sum = 0;
        long before = 0;
        for (int i = 0; i < 11_000; i++) {
            before = i == 1_000 ? threads.getCurrentThreadAllocatedBytes() : before;
            sum += table.match(head);
        }
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(1_000);
        assertThat(sum).isEqualTo(22_000);
    }

    private static RouteConfig route(String host, String path, List<String> methods, Map<String, String> headers) {
        return new RouteConfig(new RouteConfig.Match(host, path, methods, headers), "pool");
    }
}
