package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.observe.Cause;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import dev.weir.testing.TestAuthority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** docs/operations.md tells of every cause and every metric, and of no others. */
class OperationsPageTest {
    private static final Pattern METRIC_ROW = Pattern.compile("(?m)^\\| `((?:weir|process|jvm)_[a-z0-9_]+)` \\|");
    private static final Pattern CAUSE_ROW = Pattern.compile("(?m)^\\| `([a-z-]+)` \\| (\\d{3}) \\| (\\w+) \\|");

    private static String page() throws IOException {
        return Files.readString(Path.of("docs", "operations.md"));
    }

    @Test
    void causes_areThoseOfTheCode() throws IOException {
        assertThat(CAUSE_ROW
                        .matcher(page())
                        .results()
                        .map(row -> row.group(1) + " " + row.group(2) + " " + row.group(3)))
                .containsExactlyElementsOf(Arrays.stream(Cause.values())
                        .map(cause -> cause.id() + " " + cause.status() + " "
                                + cause.side().name().toLowerCase(Locale.ROOT))
                        .toList());
    }

    @Test
    void metrics_areThoseExposed(@TempDir Path directory) throws Exception {
        try (ScriptedServer server = ScriptedServer.answering("HTTP/1.1 204 No Content\r\n\r\n")) {
            assertExposed(server, directory);
        }
    }

    private static void assertExposed(ScriptedServer server, Path directory) throws Exception {
        String yaml = """
                event-loops: 1
                admin: { bind: "127.0.0.1:0" }
                listeners:
                  - bind: "127.0.0.1:0"
                  - { bind: "127.0.0.1:0", tls: { certificates: [%s] } }
                pools: { web: { servers: [{ address: "%s", max-requests: 9 }], discover: [{ file: "%s" }] } }
                access-log: { path: "%s" }
                """.formatted(
                        TestAuthority.in(directory).server("site.example").yaml(),
                        server.address(),
                        Files.writeString(directory.resolve("servers"), "[]"),
                        directory.resolve("access.log"));
        try (RunningWeir weir = RunningWeir.of(yaml)) {
            weir.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            TreeSet<String> exposed = weir.metrics()
                    .lines()
                    .filter(line -> line.startsWith("# TYPE "))
                    .map(line -> line.split(" ", 4)[2])
                    .collect(Collectors.toCollection(TreeSet::new));
            assertThat(METRIC_ROW.matcher(page()).results().map(row -> row.group(1)))
                    .containsExactlyInAnyOrderElementsOf(exposed);
        }
    }
}
