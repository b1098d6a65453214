package dev.weir.downstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Responses before the response: 100 (Continue), 103 (Early Hints), and who waits for them. */
class InterimIT {
    private static final String EXPECTING =
            "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";

    @Test
    void expectContinue_serverContinues_clientIsToldAndSends() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    while (true) {
                        String head = connection.readHead();
                        if (head.isEmpty()) {
                            return;
                        }
                        assertThat(head).containsIgnoringCase("\r\nexpect: 100-continue\r\n");
                        connection.send("HTTP/1.1 100 Continue\r\n\r\n");
                        String body = connection.readText(5);
                        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + body);
                    }
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            for (int i = 0; i < 2; i++) {
                client.send(EXPECTING);
                assertThat(client.readHead()).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
                client.send("hello");
                assertThat(client.readMessage().content()).isEqualTo("hello");
            }
            assertThat(server.failures()).isEmpty();
        }
    }

    @Test
    void expectContinue_serverAnswersAtOnce_clientGetsTheAnswerAndAnOrderlyEnd() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\n\r\nnope");
                    connection.readToEnd();
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send(EXPECTING);
            RawClient.Message response = client.readMessage();
            assertThat(response.status()).isEqualTo(401);
            assertThat(response.header("connection")).isEqualTo("close");
            assertThat(response.content()).isEqualTo("nope");
            client.send("hello");
            assertThat(client.endsOrderly()).isTrue();
        }
    }

    @Test
    void upload_answeredAtOnceAndLeftUnread_clientGetsTheAnswer() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send(
                            "HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\nConnection: close\r\n\r\nmuch");
                    connection.sendEnd();
                    connection.readToEnd();
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n");
            client.send(new byte[1_000_000]);
            RawClient.Message response = client.readMessage();
            assertThat(response.status()).isEqualTo(413);
            assertThat(response.content()).isEqualTo("much");
            assertThat(client.endsOrderly()).isTrue();
        }
    }

    @Test
    void expectContinue_ofAnOldClient_isNotPassedOn() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before(server)) {
            assertThat(weir.exchange("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello"))
                    .startsWith("HTTP/1.1 200 OK\r\n")
                    .endsWith("\r\n\r\nhello")
                    .doesNotContainIgnoringCase("expect");
        }
    }

    @Test
    void earlyHints_severalOfThem_arriveAtOnceInOrder() throws Exception {
        CompletableFuture<Boolean> goOn = new CompletableFuture<>();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nConnection: x\r\nX: 1\r\n\r\n");
                    connection.send(
                            "HTTP/1.1 103 Early Hints\r\nLink: </b.css>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n");
                    goOn.get(20, TimeUnit.SECONDS);
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                });
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(client.readHead()).isEqualTo("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n");
            assertThat(client.readHead()).isEqualTo("HTTP/1.1 103 Early Hints\r\nLink: </b.css>\r\n\r\n");
            assertThat(client.readHead()).isEqualTo("HTTP/1.1 102 Processing\r\n\r\n");
            goOn.complete(true);
            assertThat(client.readMessage().content()).isEqualTo("ok");
        }
    }

    @Test
    void earlyHints_forAnOldClient_areLeftOut() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(
                        "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                RunningWeir weir = RunningWeir.before(server)) {
            assertThat(weir.exchange("GET / HTTP/1.0\r\n\r\n"))
                    .startsWith("HTTP/1.1 200 OK\r\n")
                    .doesNotContain("Early")
                    .endsWith("ok");
        }
    }
}
