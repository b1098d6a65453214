package dev.weir.downstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import org.junit.jupiter.api.Test;

/** The answers that Weir makes itself. */
class OwnAnswersIT {
    private static final String ROUTED = """
            listeners: [{ bind: "127.0.0.1:0" }]
            routes: [{ match: { host: a }, pool: web }]
            pools: { web: { servers: [] } }
            """;

    @Test
    void answer_says_whatFailedInEveryForm() throws Exception {
        try (RunningWeir weir = RunningWeir.of(ROUTED);
                RawClient client = weir.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: b\r\n\r\n");
            RawClient.Message answer = client.readMessage();
            assertThat(answer.head()).startsWith("HTTP/1.1 404 Not Found\r\n");
            assertThat(answer.header("proxy-status"))
                    .isEqualTo("weir; error=destination_not_found; details=\"no-route\"");
            assertThat(answer.header("content-type")).isEqualTo("text/plain; charset=utf-8");
            assertThat(answer.header("date")).endsWith(" GMT");
            assertThat(answer.content()).isEqualTo("404 no-route: No route matches the request.\n");
        }
    }

    @Test
    void answer_toHead_hasTheLengthOnly() throws Exception {
        try (RunningWeir weir = RunningWeir.of(ROUTED);
                RawClient client = weir.connect()) {
            for (int i = 0; i < 2; i++) {
                client.send("HEAD / HTTP/1.1\r\nHost: b\r\n\r\n");
                assertThat(client.readHead())
                        .startsWith("HTTP/1.1 404 ")
                        .containsPattern("Content-Length: [1-9]")
                        .doesNotContain("Connection: close");
            }
        }
    }

    @Test
    void answers_ofAPipeline_keepTheConnectionAndTheirOrder() throws Exception {
        try (RunningWeir weir = RunningWeir.of(ROUTED);
                RawClient client = weir.connect()) {
            client.send(
                    "GET / HTTP/1.1\r\nHost: b\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"
                            + "POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 0\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n");
            assertThat(client.readMessage().status()).isEqualTo(404);
            assertThat(client.readMessage().status()).isEqualTo(503);
            assertThat(client.readMessage().status()).isEqualTo(404);
            assertThat(client.readMessage().header("connection")).isEqualTo("close");
            assertThat(client.endsOrderly()).isTrue();
        }
    }

    @Test
    void answer_toARequestWithABody_closesInGoodOrder() throws Exception {
        try (RunningWeir weir = RunningWeir.of(ROUTED);
                RawClient client = weir.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 1000000\r\n\r\n");
            client.send(new byte[1_000_000]);
            RawClient.Message answer = client.readMessage();
            assertThat(answer.status()).isEqualTo(404);
            assertThat(answer.header("connection")).isEqualTo("close");
            assertThat(client.endsOrderly()).isTrue();
        }
    }

    @Test
    void answer_toAnOldClient_closes() throws Exception {
        try (RunningWeir weir = RunningWeir.of(ROUTED)) {
            assertThat(weir.exchange("GET / HTTP/1.0\r\n\r\n"))
                    .startsWith("HTTP/1.1 404 ")
                    .endsWith("request.\n");
        }
    }

    @Test
    void connect_isRefusedWithWhatIsAllowed() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n\u0016\u0003\u0001");
            RawClient.Message answer = client.readMessage();
            assertThat(answer.status()).isEqualTo(405);
            assertThat(answer.header("allow")).contains("GET");
            assertThat(answer.header("proxy-status")).contains("http_request_denied");
            assertThat(answer.header("connection")).isEqualTo("close");
            assertThat(server.accepted()).isZero();
        }
    }

    @Test
    void deadServer_isABadGateway() throws Exception {
        ScriptedServer gone = ScriptedServer.echoing();
        gone.close();
        try (RunningWeir weir = RunningWeir.before("", "ejection: off\nqueue: { requests: 0 }", gone);
                RawClient client = weir.connect()) {
            for (int i = 0; i < 2; i++) {
                client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                RawClient.Message answer = client.readMessage();
                assertThat(answer.status()).isEqualTo(502);
                assertThat(answer.header("proxy-status"))
                        .isEqualTo("weir; error=connection_refused; details=\"connect-refused\"");
            }
        }
    }
}
