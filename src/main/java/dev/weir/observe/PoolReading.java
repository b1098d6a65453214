package dev.weir.observe;

import java.util.Map;
import java.util.TreeMap;

/** The numbers of one pool as a scrape read them, of one event loop or summed over several. Confined to the scrape. */
final class PoolReading {
    final long[] unserved = new long[StatusCounters.CLASSES.size()];
    final long[] durations = new long[Histogram.CELLS];
    final long[] connects = new long[Histogram.CELLS];
    final long[] firstBytes = new long[Histogram.CELLS];
    final long[] queued = new long[Histogram.CELLS];
    final Map<String, Long> retries = new TreeMap<>();
    /** The counters of {@link RetryMeters} in their order. */
    final long[] retried = new long[3];

    final Map<String, ServerReading> servers = new TreeMap<>();

    /** The numbers of one server: requests by status class, and its {@link Series} in their order. */
    static final class ServerReading {
        final long[] requests = new long[StatusCounters.CLASSES.size()];
        final long[] series = new long[Series.SERVER.size()];
    }

    static PoolReading of(PoolMeters pool) {
        PoolReading reading = new PoolReading();
        pool.unserved.addTo(reading.unserved);
        pool.formerDurations.addTo(reading.durations);
        pool.formerConnects.addTo(reading.connects);
        pool.formerFirstBytes.addTo(reading.firstBytes);
        pool.queued.addTo(reading.queued);
        pool.retries.forEachReason(reading.retries::put);
        reading.retried[0] = pool.retries.budgetEmpty.get();
        reading.retried[1] = pool.retries.hedges.get();
        reading.retried[2] = pool.retries.hedgesWon.get();
        pool.servers.forEach(reading::read);
        return reading;
    }

    private void read(String name, ServerMeters server) {
        server.durations.addTo(durations);
        server.connect.addTo(connects);
        server.firstByte.addTo(firstBytes);
        ServerReading reading = new ServerReading();
        server.requests.addTo(reading.requests);
        Series.addTo(reading.series, Series.SERVER, server);
        servers.put(name, reading);
    }

    /** The sum of two; may change and return either. */
    static PoolReading sum(PoolReading a, PoolReading b) {
        add(a.unserved, b.unserved);
        add(a.durations, b.durations);
        add(a.connects, b.connects);
        add(a.firstBytes, b.firstBytes);
        add(a.queued, b.queued);
        add(a.retried, b.retried);
        b.retries.forEach((reason, count) -> a.retries.merge(reason, count, Long::sum));
        b.servers.forEach((name, server) -> a.servers.merge(name, server, PoolReading::sum));
        return a;
    }

    private static ServerReading sum(ServerReading a, ServerReading b) {
        add(a.requests, b.requests);
        add(a.series, b.series);
        return a;
    }

    private static void add(long[] sums, long[] values) {
        for (int i = 0; i < sums.length; i++) {
            sums[i] += values[i];
        }
    }
}
