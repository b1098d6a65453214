package dev.weir.observe;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ExpositionTest {
    private static final Pattern SAMPLE =
            Pattern.compile("([a-z0-9_:]+)(\\{(?:[a-z_]+=\"(?:[^\"\\\\\n]|\\\\[\"\\\\n])*\",?)+})?"
                    + " (NaN|[+-]Inf|-?[0-9.]+(?:[eE][+-]?[0-9]+)?)");
    private static final Pattern COMMENT = Pattern.compile("# (HELP|TYPE|UNIT) [a-z0-9_:]+ .+|# EOF");
    private static final String DURATIONS = "weir_request_duration_seconds_count{pool=\"web\"}";

    private final Meters meters = new Meters(3);

    @Test
    void page_byDefault_isPrometheusText() {
        Exposition page = Exposition.of(meters, "");
        assertThat(page.contentType()).startsWith("text/plain; version=0.0.4");
        assertThat(text(page))
                .contains("# TYPE weir_requests_in_flight gauge\n")
                .doesNotContain("# EOF");
        assertThat(page.size()).isEqualTo(text(page).length());
    }

    @Test
    void page_acceptingOpenMetrics_isOpenMetrics() {
        Exposition page = Exposition.of(meters, "application/openmetrics-text; version=1.0.0,text/plain;q=0.5");
        assertThat(page.contentType()).startsWith("application/openmetrics-text; version=1.0.0");
        assertThat(text(page)).contains("# TYPE weir_upgrades counter\n").endsWith("# EOF\n");
        samples(page);
    }

    @Test
    void loops_eachCounting_areSummed() {
        for (int i = 0; i < 3; i++) {
            LoopMeters loop = meters.loop(i);
            loop.connectionsAccepted.add(10);
            loop.connectionsOpen.increment();
            loop.connectionsOpen.increment();
            loop.connectionsOpen.decrement();
            loop.cause(Cause.CONNECT_REFUSED);
            loop.unserved("", 404);
            ServerMeters server = loop.server("web", "a:80");
            server.request(200, 5_000_000);
            server.request(0, 1);
            server.connect.record(300_000);
            server.bytesSent.add(100);
        }
        Map<String, Double> samples = samples();
        assertThat(samples)
                .containsEntry("weir_downstream_connections_accepted_total", 30.0)
                .containsEntry("weir_downstream_connections_open", 3.0)
                .containsEntry("weir_failures_total{cause=\"connect-refused\",side=\"server\"}", 3.0)
                .containsEntry("weir_requests_total{pool=\"\",server=\"\",status=\"4xx\"}", 3.0)
                .containsEntry("weir_requests_total{pool=\"web\",server=\"a:80\",status=\"2xx\"}", 3.0)
                .containsEntry("weir_requests_total{pool=\"web\",server=\"a:80\",status=\"none\"}", 3.0)
                .containsEntry("weir_requests_total{pool=\"web\",server=\"a:80\",status=\"5xx\"}", 0.0)
                .containsEntry("weir_upstream_sent_bytes_total{pool=\"web\",server=\"a:80\"}", 300.0)
                .containsEntry("weir_request_duration_seconds_bucket{pool=\"web\",le=\"0.005\"}", 6.0)
                .containsEntry("weir_request_duration_seconds_bucket{pool=\"web\",le=\"0.003\"}", 3.0)
                .containsEntry("weir_connect_duration_seconds_count{pool=\"web\"}", 3.0);
        assertThat(samples.get("weir_request_duration_seconds_sum{pool=\"web\"}"))
                .isBetween(0.015, 0.0151);
    }

    @Test
    void server_askedTwice_isTheSame() {
        assertThat(meters.loop(0).server("p", "s")).isSameAs(meters.loop(0).server("p", "s"));
        assertThat(meters.loop(0).server("p", "s")).isNotSameAs(meters.loop(1).server("p", "s"));
    }

    @Test
    void status_beyondTheClasses_countsAs5xx() {
        meters.loop(0).unserved("p", 999);
        assertThat(samples()).containsEntry("weir_requests_total{pool=\"p\",server=\"\",status=\"5xx\"}", 1.0);
    }

    @Test
    void names_withSpecialCharacters_areEscaped() {
        meters.loop(0).unserved("a\"b\\c\nd ü", 200);
        assertThat(samples())
                .containsEntry("weir_requests_total{pool=\"a\\\"b\\\\c\\nd ü\",server=\"\",status=\"2xx\"}", 1.0);
    }

    @Test
    void forget_server_endsItsSeriesAndKeepsItsDurations() {
        ServerMeters gone = meters.loop(0).server("web", "a:80");
        gone.request(200, 1_000_000);
        meters.loop(1).server("web", "b:80").request(200, 1_000_000);
        meters.loop(0).forget("web", "a:80");
        gone.request(200, 1_000_000);
        Map<String, Double> samples = samples();
        assertThat(samples).containsEntry(DURATIONS, 3.0);
        assertThat(samples.keySet()).noneMatch(name -> name.contains("a:80")).anyMatch(name -> name.contains("b:80"));
    }

    @Test
    void forget_unknownServer_changesNothing() {
        meters.loop(0).forget("web", "a:80");
        assertThat(samples().keySet()).noneMatch(name -> name.contains("a:80"));
    }

    @Test
    void forget_whileScraping_neverShrinksOrDoublesHistograms() throws InterruptedException {
        AtomicBoolean stop = new AtomicBoolean();
        Counter recorded = new Counter();
        Thread loop = Thread.ofPlatform().start(() -> {
            for (int i = 0; !stop.get(); i++) {
                String name = "s" + i % 7;
                // Counted before and recorded after, so that a scrape can never find more than counted.
                recorded.increment();
                meters.loop(0).server("web", name).request(200, i);
                if (i % 3 == 0) {
                    meters.loop(0).forget("web", name);
                }
            }
        });
        try {
            long last = 0;
            for (int i = 0; i < 3_000; i++) {
                PoolReading pool = meters.loop(0).read().getOrDefault("web", new PoolReading());
                long count = 0;
                for (int cell = 0; cell < Histogram.CELLS - 1; cell++) {
                    count += pool.durations[cell];
                }
                assertThat(count).isGreaterThanOrEqualTo(last).isLessThanOrEqualTo(recorded.get());
                last = count;
            }
        } finally {
            stop.set(true);
            loop.join();
        }
    }

    @Test
    void thousandServers_onEightLoops_areAllThere() {
        Meters many = new Meters(8);
        for (int l = 0; l < 8; l++) {
            for (int s = 0; s < 1000; s++) {
                ServerMeters server = many.loop(l).server("web", "10.0." + s / 250 + "." + s % 250 + ":8080");
                server.request(200, 1_000_000L * s);
                server.attempts.increment();
            }
        }
        Map<String, Double> samples = samples(Exposition.of(many, ""));
        assertThat(samples).containsEntry(DURATIONS, 8000.0);
        assertThat(samples.keySet().stream()
                        .filter(name -> name.startsWith("weir_requests_total{pool=\"web\",server=\"10")))
                .hasSize(6000);
        assertThat(samples.entrySet().stream()
                        .filter(sample -> sample.getKey().startsWith("weir_upstream_attempts_total")))
                .hasSize(1000)
                .allMatch(sample -> sample.getValue() == 8);
    }

    @Test
    void buckets_areCumulative() {
        for (long nanos = 1; nanos < 200_000_000_000L; nanos = nanos * 3 / 2 + 1) {
            meters.loop(0).server("web", "s").request(200, nanos);
        }
        List<Double> buckets = samples().entrySet().stream()
                .filter(sample -> sample.getKey().startsWith("weir_request_duration_seconds_bucket"))
                .map(Map.Entry::getValue)
                .toList();
        assertThat(buckets).isSorted().hasSize(45);
        assertThat(buckets.getLast()).isEqualTo(samples().get(DURATIONS));
    }

    @Test
    void offers_areReadAtEachScrape() {
        meters.gauge("weir_server_requests_in_flight", "In flight.", List.of("pool", "server"), out -> {
            out.add(4, "web", "a:80");
            out.add(2.5, "web", "b:80");
        });
        meters.counter("weir_things_total", "Things.", List.of(), out -> out.add(7));
        assertThat(samples())
                .containsEntry("weir_server_requests_in_flight{pool=\"web\",server=\"a:80\"}", 4.0)
                .containsEntry("weir_server_requests_in_flight{pool=\"web\",server=\"b:80\"}", 2.5)
                .containsEntry("weir_things_total", 7.0);
    }

    @Test
    void offer_thatFails_leavesOutOnlyItself() {
        meters.gauge("weir_broken", "Broken.", List.of(), out -> {
            throw new IllegalStateException("broken on purpose");
        });
        assertThat(samples()).containsKey("weir_requests_in_flight").doesNotContainKey("weir_broken");
    }

    @Test
    void counter_withoutTotal_isRefused() {
        assertThatThrownBy(() -> meters.counter("weir_things", "Things.", List.of(), out -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("weir_things");
    }

    @Test
    void process_isDescribed() {
        ProcessMeters.register(meters, "1.2.3");
        Map<String, Double> samples = samples();
        assertThat(samples)
                .containsEntry("weir_build_info{version=\"1.2.3\"}", 1.0)
                .containsKey("weir_buffer_bytes{area=\"direct\"}")
                .containsKey("jvm_buffer_pool_used_bytes{pool=\"direct\"}");
        for (String name : List.of(
                "process_start_time_seconds",
                "process_cpu_seconds_total",
                "process_open_fds",
                "process_max_fds",
                "jvm_threads_current",
                "jvm_memory_used_bytes{area=\"heap\"}",
                "jvm_memory_used_bytes{area=\"nonheap\"}")) {
            assertThat(samples.get(name)).as(name).isPositive();
        }
    }

    private Map<String, Double> samples() {
        return samples(Exposition.of(meters, ""));
    }

    /** All samples by name and labels; fails at a line that is none, and at one that is there twice. */
    private static Map<String, Double> samples(Exposition page) {
        Map<String, Double> samples = new LinkedHashMap<>();
        for (String line : text(page).split("\n", -1)) {
            if (line.isEmpty() || COMMENT.matcher(line).matches()) {
                continue;
            }
            Matcher sample = SAMPLE.matcher(line);
            assertThat(sample.matches()).as(line).isTrue();
            String labels = sample.group(2) == null ? "" : sample.group(2);
            String value = sample.group(3).replace("Inf", "Infinity");
            assertThat(samples.put(sample.group(1) + labels, Double.valueOf(value)))
                    .as(line)
                    .isNull();
        }
        return samples;
    }

    private static String text(Exposition page) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            page.writeTo(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toString(UTF_8);
    }
}
