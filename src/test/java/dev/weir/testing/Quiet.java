package dev.weir.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** What must be true of a Weir whose clients have all left: nothing is counted as under way, nothing is left open. */
public final class Quiet {
    private static final List<String> ZERO =
            List.of("weir_downstream_connections_open ", "weir_requests_in_flight ", "weir_server_requests_in_flight{");

    private Quiet() {}

    /** Waits until all gauges say so, or fails with those that do not. */
    public static void awaitQuiet(RunningWeir weir) {
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            String metrics = weir.metrics();
            assertThat(metrics.lines()
                            .filter(line -> ZERO.stream().anyMatch(line::startsWith))
                            .filter(line -> value(line) != 0))
                    .isEmpty();
            assertThat(sum(metrics, "weir_upstream_connections_open{"))
                    .as("open connections to servers, all of them idle")
                    .isEqualTo(sum(metrics, "weir_upstream_connections_idle{"));
            assertThat(closeWaits(weir.port())).isZero();
        });
    }

    /** The sum of all series that start so. */
    public static double sum(String metrics, String prefix) {
        return metrics.lines()
                .filter(line -> line.startsWith(prefix))
                .mapToDouble(Quiet::value)
                .sum();
    }

    private static double value(String line) {
        return Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
    }

    /** Connections accepted on this port whose client has ended and that Weir has not closed; 0 where there is no procfs. */
    private static long closeWaits(int port) {
        String local = String.format(Locale.ROOT, ":%04X", port);
        long count = 0;
        for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            Path path = Path.of(table);
            if (Files.isReadable(path)) {
                try {
                    count += Files.readAllLines(path).stream()
                            .map(line -> line.trim().split("\\s+"))
                            .filter(columns -> columns[1].endsWith(local) && columns[3].equals("08"))
                            .count();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
        return count;
    }
}
