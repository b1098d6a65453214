package dev.weir.route;

import dev.weir.config.RouteConfig;
import dev.weir.http.RequestHead;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The last route of one or of 200 matches, told apart by path or by host. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class MatchBench {
    /** What the routes differ in. */
    public enum By {
        EVERYTHING,
        PATH,
        HOST,
        DOMAIN,
        DOTTED_PATH
    }

    @Param({"1", "200"})
    int routes;

    @Param
    By by = By.PATH;

    private RouteTable table = RouteTable.of(List.of());
    private RequestHead head = new RequestHead();

    @Setup
    public void prepare() {
        table = RouteTable.of(IntStream.range(0, routes).mapToObj(this::route).toList());
        int last = routes - 1;
        String host = by == By.HOST || by == By.DOMAIN ? "www.site-%d.example.com".formatted(last) : "www.example.com";
        String path = by == By.PATH || by == By.DOTTED_PATH
                ? "/api/service-%d/users/1234567/orders".formatted(last)
                : "/users/1234567/orders";
        head = Requests.get(host, by == By.DOTTED_PATH ? "/x/.." + path : path);
        if (table.match(head) != (by == By.EVERYTHING ? 0 : last)) {
            throw new IllegalStateException("wrong route");
        }
    }

    private RouteConfig route(int i) {
        String host = switch (by) {
            case HOST -> "www.site-%d.example.com".formatted(i);
            case DOMAIN -> "*.site-%d.example.com".formatted(i);
            case EVERYTHING, PATH, DOTTED_PATH -> "";
        };
        String path = switch (by) {
            case PATH, DOTTED_PATH -> "/api/service-%d/*".formatted(i);
            case EVERYTHING, HOST, DOMAIN -> "";
        };
        return new RouteConfig(new RouteConfig.Match(host, path, List.of(), Map.of()), "pool");
    }

    @Benchmark
    public int match() {
        return table.match(head);
    }
}
