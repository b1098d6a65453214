package dev.weir.observe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.Quiet;
import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import org.junit.jupiter.api.Test;

/** The metrics against traffic that is known to the byte. */
class MetricsIT {
    @Test
    void traffic_counted_toTheRequestAndTheByte() throws Exception {
        String response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        String request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        int requests = 25;
        try (ScriptedServer server = ScriptedServer.answering(response);
                RunningWeir weir = RunningWeir.before(server)) {
            int received = 0;
            try (RawClient client = weir.connect()) {
                for (int i = 0; i < requests; i++) {
                    RawClient.Message got = client.send(request).readMessage();
                    received += got.head().length() + got.content().length();
                }
            }
            Quiet.awaitQuiet(weir);
            String labels = "{pool=\"web\",server=\"" + server.address() + "\"}";
            String metrics = weir.metrics();
            assertThat(Quiet.sum(metrics, "weir_upstream_attempts_total" + labels))
                    .isEqualTo(requests);
            assertThat(Quiet.sum(metrics, "weir_upstream_connections_opened_total" + labels))
                    .isEqualTo(1);
            assertThat(Quiet.sum(metrics, "weir_upstream_connections_idle" + labels))
                    .isEqualTo(1);
            assertThat(Quiet.sum(metrics, "weir_upstream_received_bytes_total" + labels))
                    .isEqualTo(requests * response.length());
            assertThat(Quiet.sum(metrics, "weir_downstream_received_bytes_total "))
                    .isEqualTo(requests * request.length());
            assertThat(Quiet.sum(metrics, "weir_downstream_sent_bytes_total ")).isEqualTo((double) received);
            assertThat(Quiet.sum(metrics, "weir_downstream_connections_accepted_total "))
                    .isEqualTo(1);
            assertThat(Quiet.sum(
                            metrics,
                            "weir_requests_total{pool=\"web\",server=\"" + server.address() + "\",status=\"2xx\"}"))
                    .isEqualTo(requests);
            assertThat(Quiet.sum(metrics, "weir_requests_total{")).isEqualTo(requests);
            assertThat(Quiet.sum(metrics, "weir_request_duration_seconds_count{pool=\"web\"}"))
                    .isEqualTo(requests);
            assertThat(Quiet.sum(metrics, "weir_failures_total{")).isZero();
        }
    }

    @Test
    void failure_countedOnce_withItsCause() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(RawClient::readMessage);
                RunningWeir weir = RunningWeir.before("", "retry: { attempts: 0 }", server)) {
            weir.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            Quiet.awaitQuiet(weir);
            String metrics = weir.metrics();
            assertThat(Quiet.sum(metrics, "weir_failures_total{")).isEqualTo(1);
            assertThat(Quiet.sum(metrics, "weir_failures_total{cause=\"server-closed\",side=\"server\"}"))
                    .isEqualTo(1);
            assertThat(Quiet.sum(metrics, "weir_requests_total{")).isEqualTo(1);
        }
    }
}
