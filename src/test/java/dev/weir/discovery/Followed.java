package dev.weir.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import dev.weir.config.PoolConfig.ServerConfig;
import dev.weir.config.WeirConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** The sources of a pool {@code web} that run, and the lists that they have told of. */
final class Followed implements AutoCloseable {
    private final Map<String, List<ServerConfig>> lists = new ConcurrentHashMap<>();
    private final List<List<ServerConfig>> told = new CopyOnWriteArrayList<>();
    private final Discovery discovery = new Discovery(new Discovery.Lists() {
        @Override
        public void discovered(String pool, String source, List<ServerConfig> servers) {
            assertThat(pool).isEqualTo("web");
            told.add(servers);
            lists.put(source, servers);
        }

        @Override
        public void forgotten(String pool, String source) {
            lists.remove(source);
        }
    });

    /** What is under {@code discover}, in YAML on one line. */
    static Followed of(String discover) {
        return of(discover, "");
    }

    /** The same with further keys of the file. */
    static Followed of(String discover, String keys) {
        Followed followed = new Followed();
        followed.follow(discover, keys);
        return followed;
    }

    static WeirConfig config(String discover, String keys) {
        String yaml = "listeners: [{ bind: \"127.0.0.1:0\" }]\npools: { web: { discover: " + discover + " } }\n" + keys;
        return switch (ConfigReader.read("test.yaml", yaml)) {
            case ConfigResult.Faulty faulty ->
                throw new IllegalArgumentException(faulty.problems().toString());
            case ConfigResult.Sound sound -> sound.config();
        };
    }

    void follow(String discover, String keys) {
        discovery.follow(config(discover, keys));
    }

    Discovery discovery() {
        return discovery;
    }

    /** All lists that were told of, in their order. */
    List<List<String>> told() {
        return told.stream().map(Followed::addresses).toList();
    }

    /** The last list of each source, one after the other. */
    List<ServerConfig> servers() {
        return lists.values().stream().flatMap(List::stream).toList();
    }

    static List<String> addresses(List<ServerConfig> servers) {
        return servers.stream().map(each -> each.address().toString()).toList();
    }

    void awaitServers(String... addresses) {
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(10))
                .untilAsserted(() -> assertThat(addresses(servers())).containsExactlyInAnyOrder(addresses));
    }

    SourceReport report() {
        assertThat(discovery.reports("web")).hasSize(1);
        return discovery.reports("web").getFirst();
    }

    /** Waits until the last look ended so. */
    SourceReport awaitOutcome(SourceReport.Outcome outcome) {
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(5))
                .until(() -> report().outcome() == outcome);
        return report();
    }

    long count(SourceReport.Outcome outcome) {
        return report().updates().getOrDefault(outcome, 0L);
    }

    /** Waits until so many more looks have ended so. */
    void awaitMore(SourceReport.Outcome outcome, int looks) {
        long before = count(outcome);
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(10))
                .until(() -> count(outcome) >= before + looks);
    }

    @Override
    public void close() {
        discovery.close();
    }
}
