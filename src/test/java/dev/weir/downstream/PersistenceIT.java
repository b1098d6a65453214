package dev.weir.downstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Several requests on one connection, one behind the other or ahead of their turn; and clients of HTTP/1.0. */
class PersistenceIT {
    private static final String PIPELINE = "GET /0 HTTP/1.1\r\nHost: a\r\n\r\n"
            + "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
            + "\r\nPUT /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
            + "GET /3 HTTP/1.1\r\nHost: a\r\n\r\n";

    private static void expectPipeline(RawClient client) throws Exception {
        assertThat(client.readMessage().content()).startsWith("GET /0 ");
        assertThat(client.readMessage().content()).startsWith("POST /1 ").endsWith("\r\n\r\nhello");
        assertThat(client.readMessage().content()).startsWith("PUT /2 ").endsWith("\r\n\r\nabcde");
        assertThat(client.readMessage().content()).startsWith("GET /3 ");
    }

    @Test
    void pipeline_withBodies_isAnsweredInOrder() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send(PIPELINE);
            expectPipeline(client);
            client.send(PIPELINE + PIPELINE);
            expectPipeline(client);
            expectPipeline(client);
        }
    }

    @Test
    void pipeline_splitAtEveryByte_isAnsweredInOrder() throws Exception {
        byte[] bytes = PIPELINE.getBytes(StandardCharsets.US_ASCII);
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            for (int split = 1; split < bytes.length; split++) {
                client.send(Arrays.copyOf(bytes, split));
                client.send(Arrays.copyOfRange(bytes, split, bytes.length));
                expectPipeline(client);
            }
        }
    }

    @Test
    void pipeline_byteByByte_isAnsweredInOrder() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            for (byte octet : PIPELINE.getBytes(StandardCharsets.US_ASCII)) {
                client.send(new byte[] {octet});
            }
            expectPipeline(client);
        }
    }

    @Test
    void pipeline_malformedRequestInTheMiddle_earlierAreAnsweredLaterAreNot() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send("GET /0 HTTP/1.1\r\nHost: a\r\n\r\nGET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
                    + "GET /bad HTTP/1.1\r\nNo Host: a\r\n\r\nGET /later HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(client.readMessage().content()).startsWith("GET /0 ");
            assertThat(client.readMessage().content()).startsWith("GET /1 ");
            RawClient.Message refusal = client.readMessage();
            assertThat(refusal.status()).isEqualTo(400);
            assertThat(refusal.header("connection")).isEqualTo("close");
            client.sendEnd();
            assertThat(client.readToEnd()).isEmpty();
        }
    }

    @Test
    void pipeline_partOfABodyAheadOfItsTurn_reachesTheServerWithoutTheRest() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    String head = connection.readHead();
                    while (!head.isEmpty()) {
                        String first = head.startsWith("POST") ? connection.readText(3) : "get";
                        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n" + first);
                        head = connection.readHead();
                    }
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc");
            assertThat(client.readMessage().content()).isEqualTo("get");
            assertThat(client.readMessage().content()).isEqualTo("abc");
        }
    }

    @Test
    void pipeline_endedBehindItsLastRequest_isAnsweredToTheEnd() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before("timeouts: { half-closed: 10s }", "", server);
                RawClient client = weir.connect()) {
            client.send(PIPELINE);
            client.sendEnd();
            expectPipeline(client);
            assertThat(client.read()).isEqualTo(-1);
        }
    }

    @Test
    void pipeline_thatIsNeverRead_stopsBeingServedAndGoesOnWhenRead() throws Exception {
        String request = "GET / HTTP/1.1\r\nHost: a\r\nx: " + "y".repeat(1000) + "\r\n\r\n";
        int most = 50_000;
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            int[] sent = {0};
            Thread sender = Thread.ofVirtual().start(() -> {
                try {
                    while (sent[0] < most) {
                        client.send(request);
                        sent[0]++;
                    }
                    client.sendEnd();
                } catch (IOException closed) {
                    // The test is over.
                }
            });
            // With nothing read, the kernel's buffers and Weir's bounds fill up long before all is sent.
            assertThat(sender.join(Duration.ofSeconds(3))).isFalse();
            int answered = 0;
            while (answered < 2000) {
                assertThat(client.readMessage().status()).isEqualTo(200);
                answered++;
            }
        }
    }

    @Test
    void connection_closeAsked_closesBehindTheResponse() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before(server)) {
            String all = weir.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            assertThat(all).startsWith("HTTP/1.1 200 OK\r\n").contains("\r\nConnection: close\r\n");
        }
    }

    @Test
    void server_closesItsConnection_theClientKeepsIts() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            for (int i = 0; i < 3; i++) {
                client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                RawClient.Message response = client.readMessage();
                assertThat(response.status()).isEqualTo(200);
                assertThat(response.header("connection")).isNull();
            }
        }
    }

    @Test
    void oldClient_byDefault_isClosed() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before(server)) {
            String all = weir.exchange("GET / HTTP/1.0\r\n\r\n");
            assertThat(all)
                    .startsWith("HTTP/1.1 200 OK\r\n")
                    .contains("\r\nConnection: close\r\n", "GET / HTTP/1.1\r\n");
        }
    }

    @Test
    void oldClient_keepAliveAsked_staysAndIsToldSo() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            for (int i = 0; i < 3; i++) {
                client.send("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
                assertThat(client.readMessage().header("connection")).isEqualTo("keep-alive");
            }
        }
    }

    @Test
    void oldClient_chunkedResponse_lastsUntilClose() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx: y\r\n\r\n");
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
            assertThat(client.readHead())
                    .contains("\r\nConnection: close\r\n")
                    .doesNotContainIgnoringCase("transfer-encoding");
            assertThat(client.readText(3)).isEqualTo("abc");
            assertThat(client.endsOrderly()).isTrue();
        }
    }

    @Test
    void oldClient_responseCutShort_isReset() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5\r\nab");
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send("GET / HTTP/1.0\r\n\r\n");
            client.readHead();
            assertThat(client.endsOrderly()).isFalse();
        }
    }

    @Test
    void oldClient_slowerThanTheServer_getsAllBeforeTheEnd() throws Exception {
        int length = 3_000_000;
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\n\r\n").send(new byte[length]);
                });
                RunningWeir weir = RunningWeir.before("timeouts: { half-closed: 20s }", "", server);
                RawClient client = weir.connect()) {
            client.send("GET / HTTP/1.0\r\n\r\n");
            client.sendEnd();
            client.readHead();
            Awaitility.await()
                    .until(() -> server.open() == 0
                            || client.socket().getInputStream().available() > 0);
            assertThat(client.read(length).length).isEqualTo(length);
            assertThat(client.endsOrderly()).isTrue();
        }
    }

    @Test
    void chunkedResponse_cutShort_endsWithoutItsLastChunk() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5\r\nab");
                });
                RunningWeir weir = RunningWeir.before(server)) {
            assertThat(weir.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).doesNotContain("\r\n0\r\n");
        }
    }

    @Test
    void idleConnection_nothingAsked_getsNothing() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send("\r\n\r\n");
            client.socket().setSoTimeout(300);
            assertThatThrownBy(client::read).isInstanceOf(SocketTimeoutException.class);
            assertThat(server.accepted()).isZero();
        }
    }
}
