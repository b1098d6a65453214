package dev.weir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.Quiet;
import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Servers that answer before the request is complete. */
class EarlyResponseIT {
    private static final String UPLOAD = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n";
    private static final String DENIED = "HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\ndenied";

    @Test
    void answerWhileTheBodyComes_clientGetsItAndNothingIsReused() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send(DENIED);
                    connection.readToEnd();
                });
                RunningWeir weir = RunningWeir.before(server)) {
            try (RawClient client = weir.connect()) {
                client.send(UPLOAD + "a little");
                RawClient.Message got = client.readMessage();
                assertThat(got.status()).isEqualTo(403);
                assertThat(got.content()).isEqualTo("denied");
                assertThat(got.header("Connection")).isEqualTo("close");
                assertThat(client.readToEnd()).isEmpty();
            }
            assertThat(weir.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
                    .startsWith("HTTP/1.1 403 ");
            assertThat(server.accepted()).isEqualTo(2);
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void answerAndOrderlyCloseWhileUploading_answerIsRelayed() throws Exception {
        uploadTo(connection -> {
            connection.readHead();
            connection.send(DENIED);
            connection.sendEnd();
            connection.read(200_000);
        });
    }

    @Test
    void answerAndCloseWithUnreadInput_answerIsRelayed() throws Exception {
        uploadTo(connection -> {
            connection.readHead();
            connection.read(200_000);
            connection.send(DENIED);
        });
    }

    @Test
    void closeDelimitedAnswerAndCloseWithUnreadInput_isNotTakenAsCut() throws Exception {
        uploadTo(connection -> {
            connection.readHead();
            connection.read(100_000);
            connection.send("HTTP/1.1 403 Forbidden\r\n\r\ndenied");
            connection.sendEnd();
            connection.read(100_000);
        });
    }

    /** Uploads a megabyte, many times: whatever the moment at which the server goes, its answer arrives. */
    private static void uploadTo(ScriptedServer.Script script) throws Exception {
        try (ScriptedServer server = ScriptedServer.of(script);
                RunningWeir weir = RunningWeir.before(server)) {
            byte[] piece = new byte[50_000];
            for (int i = 0; i < 30; i++) {
                try (RawClient client = weir.connect()) {
                    AtomicBoolean answered = new AtomicBoolean();
                    Thread upload = Thread.ofVirtual().start(() -> {
                        try {
                            client.send(UPLOAD);
                            for (int n = 0; n < 20 && !answered.get(); n++) {
                                client.send(piece);
                            }
                        } catch (IOException closed) {
                            // Weir ends the connection behind its answer.
                        }
                    });
                    RawClient.Message got = client.readMessage();
                    answered.set(true);
                    assertThat(got.head()).startsWith("HTTP/1.1 403 ");
                    assertThat(got.content()).isEqualTo("denied");
                    upload.join();
                }
            }
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void serverResetsWithoutAnswer_gives502AndNothingIsTriedAgain() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.reset();
                });
                RunningWeir weir = RunningWeir.before(server)) {
            try (RawClient client = weir.connect()) {
                client.send(UPLOAD + "a little");
                assertThat(client.readMessage().head())
                        .startsWith("HTTP/1.1 502 ")
                        .contains("details=\"server-closed\"");
            }
            assertThat(server.accepted()).isEqualTo(1);
            Quiet.awaitQuiet(weir);
        }
    }
}
