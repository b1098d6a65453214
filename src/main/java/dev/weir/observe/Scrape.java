package dev.weir.observe;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One scrape: reads the cells of all loops, sums them up, and names the sums. Confined to the scraping thread. */
final class Scrape {
    private static final Logger log = LoggerFactory.getLogger(Scrape.class);
    private static final double[] BOUNDS = Histogram.boundsInSeconds();
    private static final double NANOS_PER_SECOND = 1e9;

    private final List<MetricSnapshot> metrics = new ArrayList<>();
    private final Map<String, PoolReading> pools = new TreeMap<>();

    private Scrape() {}

    static MetricSnapshots of(Meters meters) {
        Scrape scrape = new Scrape();
        for (LoopMeters loop : meters.cells()) {
            loop.read().forEach((name, pool) -> scrape.pools.merge(name, pool, PoolReading::sum));
        }
        scrape.loops(meters);
        scrape.causes(meters);
        scrape.handshakes(meters);
        scrape.floods(meters);
        scrape.requests();
        scrape.servers();
        scrape.retries();
        scrape.histogram(
                "weir_request_duration_seconds",
                "Time from a request's first byte to its answer's last, for requests given to a server.",
                pool -> pool.durations);
        scrape.histogram("weir_connect_duration_seconds", "Time to connect to a server of the pool.", p -> p.connects);
        scrape.histogram(
                "weir_first_byte_duration_seconds",
                "Time from choosing a server to the first byte of its response, for requests that were whole then.",
                pool -> pool.firstBytes);
        scrape.histogram(
                "weir_queue_duration_seconds",
                "How long requests waited for a server, of those that had to.",
                pool -> pool.queued);
        meters.offered().forEach(scrape::offered);
        return new MetricSnapshots(scrape.metrics);
    }

    private void loops(Meters meters) {
        long[] sums = new long[Series.LOOP.size()];
        meters.cells().forEach(loop -> Series.addTo(sums, Series.LOOP, loop));
        for (int i = 0; i < sums.length; i++) {
            Points points = new Points(Series.LOOP.get(i).kind());
            points.add(Labels.EMPTY, sums[i]);
            metrics.add(points.snapshot(
                    Series.LOOP.get(i).name(), Series.LOOP.get(i).help()));
        }
    }

    private void causes(Meters meters) {
        Points points = new Points(Meters.Kind.COUNTER);
        for (Cause cause : Cause.values()) {
            long sum = 0;
            for (LoopMeters loop : meters.cells()) {
                sum += loop.causes(cause);
            }
            String side = cause.side().name().toLowerCase(Locale.ROOT);
            points.add(Labels.of("cause", cause.id(), "side", side), sum);
        }
        metrics.add(points.snapshot(
                "weir_failures_total",
                "Requests that Weir answered itself or ended, by cause and whose fault it was."));
    }

    private void handshakes(Meters meters) {
        Points points = new Points(Meters.Kind.COUNTER);
        for (Handshake result : Handshake.values()) {
            long sum = 0;
            for (LoopMeters loop : meters.cells()) {
                sum += loop.handshakes(result);
            }
            points.add(Labels.of("result", result.id()), sum);
        }
        metrics.add(points.snapshot(
                "weir_downstream_tls_handshakes_total", "TLS handshakes with clients, by how they ended."));
    }

    private void floods(Meters meters) {
        Points points = new Points(Meters.Kind.COUNTER);
        for (Flood flood : Flood.values()) {
            long sum = 0;
            for (LoopMeters loop : meters.cells()) {
                sum += loop.floods(flood);
            }
            points.add(Labels.of("reason", flood.id()), sum);
        }
        metrics.add(points.snapshot(
                "weir_downstream_http2_floods_total",
                "HTTP/2 connections that Weir ended because their client sent too much of something."));
    }

    private void requests() {
        Points points = new Points(Meters.Kind.COUNTER);
        pools.forEach((pool, reading) -> {
            requests(points, pool, "", reading.unserved);
            reading.servers.forEach((server, numbers) -> requests(points, pool, server, numbers.requests));
        });
        metrics.add(
                points.snapshot(
                        "weir_requests_total",
                        "Finished requests by the server that was tried last; without a server those that none was tried for."));
    }

    private static void requests(Points points, String pool, String server, long[] byClass) {
        for (int i = 0; i < byClass.length; i++) {
            String status = StatusCounters.CLASSES.get(i);
            points.add(Labels.of("pool", pool, "server", server, "status", status), byClass[i]);
        }
    }

    private void servers() {
        List<Points> series =
                Series.SERVER.stream().map(each -> new Points(each.kind())).toList();
        pools.forEach((pool, reading) -> reading.servers.forEach((server, numbers) -> {
            Labels labels = Labels.of("pool", pool, "server", server);
            for (int i = 0; i < numbers.series.length; i++) {
                series.get(i).add(labels, numbers.series[i]);
            }
        }));
        for (int i = 0; i < series.size(); i++) {
            Series<ServerMeters> named = Series.SERVER.get(i);
            metrics.add(series.get(i).snapshot(named.name(), named.help()));
        }
    }

    private void retries() {
        Points byReason = new Points(Meters.Kind.COUNTER);
        Points empty = new Points(Meters.Kind.COUNTER);
        Points hedges = new Points(Meters.Kind.COUNTER);
        Points won = new Points(Meters.Kind.COUNTER);
        pools.forEach((pool, reading) -> {
            if (!pool.isEmpty()) {
                Labels labels = Labels.of("pool", pool);
                empty.add(labels, reading.retried[0]);
                hedges.add(labels, reading.retried[1]);
                won.add(labels, reading.retried[2]);
                reading.retries.forEach(
                        (reason, count) -> byReason.add(Labels.of("pool", pool, "reason", reason), count));
            }
        });
        metrics.add(byReason.snapshot("weir_retries_total", "Further attempts, by what the one before failed with."));
        metrics.add(empty.snapshot(
                "weir_retry_budget_empty_total", "Requests that were not tried again because the budget was used up."));
        metrics.add(hedges.snapshot("weir_hedges_total", "Second attempts beside one that was slow to be answered."));
        metrics.add(won.snapshot("weir_hedges_won_total", "Second attempts that were answered first."));
    }

    private void histogram(String name, String help, Function<PoolReading, long[]> cells) {
        List<HistogramDataPointSnapshot> points = new ArrayList<>();
        pools.forEach((pool, reading) -> {
            if (!reading.servers.isEmpty() || sum(cells.apply(reading)) > 0) {
                points.add(histogramPoint(pool, cells.apply(reading)));
            }
        });
        metrics.add(new HistogramSnapshot(new MetricMetadata(name, help), points));
    }

    private static HistogramDataPointSnapshot histogramPoint(String pool, long[] cells) {
        long[] counts = Arrays.copyOf(cells, BOUNDS.length);
        return new HistogramDataPointSnapshot(
                ClassicHistogramBuckets.of(BOUNDS, counts),
                sum(cells) / NANOS_PER_SECOND,
                Labels.of("pool", pool),
                Exemplars.EMPTY,
                0);
    }

    private static long sum(long[] cells) {
        return cells[BOUNDS.length];
    }

    private void offered(Meters.Offered offer) {
        try {
            Points points = new Points(offer.kind());
            offer.source().accept((value, labels) -> points.add(Labels.of(offer.labels(), List.of(labels)), value));
            metrics.add(points.snapshot(offer.name(), offer.help()));
        } catch (RuntimeException e) {
            // One metric that cannot be read must not hide all others.
            log.warn("The metric {} is missing from a scrape: it could not be read", offer.name(), e);
        }
    }

    /** The data points of one metric, of either kind. */
    private static final class Points {
        private final Meters.Kind kind;
        private final List<CounterDataPointSnapshot> counters = new ArrayList<>();
        private final List<GaugeDataPointSnapshot> gauges = new ArrayList<>();

        Points(Meters.Kind kind) {
            this.kind = kind;
        }

        void add(Labels labels, double value) {
            switch (kind) {
                case COUNTER -> counters.add(new CounterDataPointSnapshot(value, labels, null, 0));
                case GAUGE -> gauges.add(new GaugeDataPointSnapshot(value, labels, null));
            }
        }

        void add(Labels labels, long value) {
            add(labels, (double) value);
        }

        MetricSnapshot snapshot(String name, String help) {
            return switch (kind) {
                case COUNTER -> new CounterSnapshot(new MetricMetadata(baseName(name), help), counters);
                case GAUGE -> new GaugeSnapshot(new MetricMetadata(name, help), gauges);
            };
        }

        // The format adds the suffix again.
        private static String baseName(String name) {
            return name.substring(0, name.length() - "_total".length());
        }
    }
}
