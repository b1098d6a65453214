package dev.weir.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.Quiet;
import dev.weir.testing.RawClient;
import dev.weir.testing.RawHttp2;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers that are short enough to be held until they are complete, and what is tried again when they are cut. */
class ShortAnswersIT {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    /** The one loop of Weir. */
    private final CompletableFuture<EventLoop> loop = new CompletableFuture<>();

    /** What a server does to a connection. */
    private interface Doing {
        void happen() throws IOException;
    }

    /**
     * Weir hears of nothing of it before all is done: it may hold the beginning of an answer for some milliseconds only,
     * and on a busy machine a thread can stand still for longer between two calls.
     */
    private void atOnce(Doing doing) throws Exception {
        loop.join()
                .submit(() -> {
                    doing.happen();
                    return true;
                })
                .get(30, TimeUnit.SECONDS);
    }

    private RunningWeir inTurn(String poolKeys, String... addresses) {
        RunningWeir weir = RunningWeir.of("""
                event-loops: 1
                admin: { bind: "127.0.0.1:0" }
                listeners: [{ bind: "127.0.0.1:0" }]
                pools: { web: { balance: round-robin, servers: ["%s"], health: off, ejection: off, %s } }
                """.formatted(String.join("\", \"", addresses), poolKeys));
        loop.complete(weir.weir().loops().getFirst());
        return weir;
    }

    private static String head(int length) {
        return "HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n";
    }

    /** Answers with so many bytes, one in five of the answers cut by a reset at any byte of the content. */
    private ScriptedServer cutting(int length, long seed) throws IOException {
        Random random = new Random(seed);
        return ScriptedServer.of(connection -> {
            while (!connection.readMessage().head().isEmpty()) {
                boolean cut;
                int at;
                synchronized (random) {
                    cut = random.nextInt(5) == 0;
                    at = random.nextInt(length);
                }
                if (cut) {
                    atOnce(() -> {
                        connection.send(head(length) + "x".repeat(at));
                        connection.reset();
                    });
                    return;
                }
                connection.send(head(length) + "x".repeat(length));
            }
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {20, 4_000, 16_384})
    void oneOfFiveAnswersCut_everyGetIsAnswered(int length) throws Exception {
        try (ScriptedServer one = cutting(length, 1);
                ScriptedServer two = cutting(length, 2);
                ScriptedServer three = cutting(length, 3);
                ScriptedServer whole = ScriptedServer.answering(head(length) + "x".repeat(length));
                RunningWeir weir = inTurn(
                        "retry: { attempts: 3, budget: 100% }",
                        one.address(), two.address(), three.address(), whole.address())) {
            try (RawClient client = weir.connect()) {
                for (int i = 0; i < 300; i++) {
                    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                    RawClient.Message answer = client.readMessage();
                    assertThat(answer.status()).isEqualTo(200);
                    assertThat(answer.content()).hasSize(length);
                }
            }
            assertThat(weir.metric("weir_retries_total{pool=\"web\",reason=\"response-incomplete\"}"))
                    .isPositive();
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void http2_streamResetInTheAnswer_getIsAnsweredByAnother() throws Exception {
        try (ScriptedServer cutting = ScriptedServer.http2(frames -> {
                    for (RawHttp2.Frame frame = frames.next(); frame != null; frame = frames.next()) {
                        if (frame.type() == RawHttp2.HEADERS) {
                            int stream = frame.stream();
                            atOnce(() -> {
                                frames.headers(stream, false, ":status", "200", "content-length", "10");
                                frames.data(stream, false, "part").reset(stream, 2);
                            });
                        }
                    }
                });
                ScriptedServer whole = ScriptedServer.http2(frames -> {
                    for (RawHttp2.Frame frame = frames.next(); frame != null; frame = frames.next()) {
                        if (frame.type() == RawHttp2.HEADERS) {
                            frames.headers(frame.stream(), false, ":status", "200", "content-length", "10");
                            frames.data(frame.stream(), false, "01234").data(frame.stream(), true, "56789");
                        }
                    }
                });
                RunningWeir weir = inTurn("http: [h2]", cutting.address(), whole.address())) {
            for (int i = 0; i < 6; i++) {
                assertThat(weir.exchange(GET)).startsWith("HTTP/1.1 200 ").endsWith("\r\n\r\n0123456789");
            }
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void restThatDoesNotCome_beginningIsPassedOn() throws Exception {
        CountDownLatch rest = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readMessage();
                    connection.send(head(10) + "01234");
                    rest.await();
                    connection.send("56789");
                });
                RunningWeir weir = inTurn("retry: { attempts: 2 }", server.address());
                RawClient client = weir.connect()) {
            client.send(GET);
            assertThat(client.readThrough("01234")).startsWith("HTTP/1.1 200 ");
            rest.countDown();
            assertThat(client.readToEnd()).isEqualTo("56789");
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void headThatComesAlone_isPassedOnWithTheContent() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    while (!connection.readMessage().head().isEmpty()) {
                        connection.send(head(10));
                        connection.send("01234");
                        connection.send("56789");
                    }
                });
                RunningWeir weir = inTurn("retry: { attempts: 2 }", server.address())) {
            for (int i = 0; i < 20; i++) {
                assertThat(weir.exchange(GET)).startsWith("HTTP/1.1 200 ").endsWith("\r\n\r\n0123456789");
            }
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void cutEachTime_502AndNothingOfThem() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readMessage();
                    atOnce(() -> {
                        connection.send(head(10) + "01234");
                        connection.close();
                    });
                });
                RunningWeir weir = inTurn("retry: { attempts: 2 }", server.address())) {
            assertThat(weir.exchange(GET))
                    .startsWith("HTTP/1.1 502 ")
                    .contains("details=\"response-incomplete\"")
                    .doesNotContain("01234");
            assertThat(server.accepted()).isEqualTo(3);
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void answerToPost_cut_isNotHeldAndCutForTheClientToo() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readMessage();
                    connection.send(head(10) + "01234");
                });
                RunningWeir weir = inTurn("retry: { attempts: 2 }", server.address())) {
            assertThat(weir.exchange("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"))
                    .startsWith("HTTP/1.1 200 ")
                    .endsWith("01234");
            assertThat(server.accepted()).isEqualTo(1);
        }
    }

    @Test
    void clientLeavesWhileItIsHeld_nothingIsLeft() throws Exception {
        CountDownLatch gone = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readMessage();
                    connection.send(head(10) + "01234");
                    gone.await();
                });
                RunningWeir weir = inTurn("retry: { attempts: 2 }", server.address())) {
            try (RawClient client = weir.connect()) {
                client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                client.reset();
            }
            Quiet.awaitQuiet(weir);
            gone.countDown();
        }
    }
}
