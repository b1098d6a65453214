package dev.weir.observe;

import java.util.List;
import java.util.function.Function;

/**
 * A metric that is one counter of each cell set: its name, what it means, and where it is.
 *
 * @param <M> the cell set, of a loop or of a server
 */
record Series<M>(Meters.Kind kind, String name, String help, Function<M, Counter> cell) {
    static final List<Series<LoopMeters>> LOOP = List.of(
            counter(
                    "weir_downstream_connections_accepted_total",
                    "Connections accepted from clients.",
                    loop -> loop.connectionsAccepted),
            counter(
                    "weir_downstream_connections_refused_total",
                    "Client connections closed at once because a limit was reached.",
                    loop -> loop.connectionsRefused),
            gauge("weir_downstream_connections_open", "Open client connections.", loop -> loop.connectionsOpen),
            counter(
                    "weir_downstream_received_bytes_total",
                    "Bytes read from clients, heads included.",
                    loop -> loop.bytesReceived),
            counter(
                    "weir_downstream_sent_bytes_total",
                    "Bytes written to clients, heads included.",
                    loop -> loop.bytesSent),
            counter(
                    "weir_downstream_http2_connections_total",
                    "Client connections that spoke HTTP/2.",
                    loop -> loop.http2Connections),
            gauge(
                    "weir_downstream_http2_streams_open",
                    "Open streams of HTTP/2 connections of clients.",
                    loop -> loop.http2StreamsOpen),
            gauge("weir_requests_in_flight", "Requests that are being served.", loop -> loop.requestsInFlight),
            counter("weir_upgrades_total", "Connections that switched to another protocol.", loop -> loop.upgrades),
            gauge("weir_tunnels_open", "Switched connections that are open.", loop -> loop.tunnelsOpen));

    static final List<Series<ServerMeters>> SERVER = List.of(
            counter(
                    "weir_upstream_connections_opened_total",
                    "Connections opened to the server.",
                    server -> server.connectionsOpened),
            gauge(
                    "weir_upstream_connections_open",
                    "Open connections to the server, idle ones included.",
                    server -> server.connectionsOpen),
            gauge(
                    "weir_upstream_connections_idle",
                    "Connections to the server that wait for a request.",
                    server -> server.connectionsIdle),
            counter(
                    "weir_upstream_http2_connections_total",
                    "Connections to the server that spoke HTTP/2.",
                    server -> server.http2Connections),
            gauge(
                    "weir_upstream_http2_connections_open",
                    "Open connections to the server that speak HTTP/2.",
                    server -> server.http2ConnectionsOpen),
            gauge(
                    "weir_upstream_http2_streams_open",
                    "Open streams of HTTP/2 connections to the server.",
                    server -> server.http2StreamsOpen),
            counter(
                    "weir_upstream_http2_goaways_total",
                    "GOAWAY frames from the server.",
                    server -> server.http2GoAways),
            counter("weir_upstream_http2_resets_total", "Streams that the server reset.", server -> server.http2Resets),
            counter(
                    "weir_upstream_connect_failures_total",
                    "Attempts to connect to the server that failed.",
                    server -> server.connectFailures),
            counter(
                    "weir_upstream_attempts_total",
                    "Times that a request was given to the server.",
                    server -> server.attempts),
            counter(
                    "weir_upstream_retries_total",
                    "Attempts at the server that followed a failed one.",
                    server -> server.retries),
            counter(
                    "weir_upstream_sent_bytes_total",
                    "Bytes written to the server, heads included.",
                    server -> server.bytesSent),
            counter(
                    "weir_upstream_received_bytes_total",
                    "Bytes read from the server, heads included.",
                    server -> server.bytesReceived));

    private static <M> Series<M> counter(String name, String help, Function<M, Counter> cell) {
        return new Series<>(Meters.Kind.COUNTER, name, help, cell);
    }

    private static <M> Series<M> gauge(String name, String help, Function<M, Counter> cell) {
        return new Series<>(Meters.Kind.GAUGE, name, help, cell);
    }

    /** Adds the value of each series in {@code from} to the element of {@code sums} at its place. */
    static <M> void addTo(long[] sums, List<Series<M>> series, M from) {
        for (int i = 0; i < sums.length; i++) {
            sums[i] += series.get(i).cell().apply(from).get();
        }
    }
}
