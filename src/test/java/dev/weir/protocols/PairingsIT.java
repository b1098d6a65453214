package dev.weir.protocols;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.Quiet;
import dev.weir.testing.RawClient;
import dev.weir.testing.RawHttp2;
import dev.weir.testing.RawHttp2.Message;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same exchanges between both versions of HTTP on either side. */
class PairingsIT {
    /** Which version the client speaks, and which the server. */
    enum Pairing {
        H1_H1(false, false),
        H1_H2(false, true),
        H2_H1(true, false),
        H2_H2(true, true);

        private final boolean clientHttp2;
        private final boolean serverHttp2;

        Pairing(boolean clientHttp2, boolean serverHttp2) {
            this.clientHttp2 = clientHttp2;
            this.serverHttp2 = serverHttp2;
        }

        RunningWeir weir(ScriptedServer server) {
            return RunningWeir.before("http: [h2, http/1.1]", serverHttp2 ? "http: [h2]" : "", server);
        }

        /** Both ends do as they are told, with a Weir between them, which has nothing left of it then. */
        void play(Script server, Script client) throws Exception {
            try (ScriptedServer scripted = server(server);
                    RunningWeir weir = weir(scripted)) {
                Wire wire = client(weir);
                client.serve(wire);
                close(wire);
                Quiet.awaitQuiet(weir);
            }
        }

        /** The client's end of a new connection. */
        Wire client(RunningWeir weir) throws IOException {
            RawClient connection = weir.connect();
            return clientHttp2 ? new Wire.Http2(RawHttp2.client(connection), 1) : new Wire.Http1(connection);
        }

        /** A server that does this with each exchange. */
        ScriptedServer server(Script script) throws IOException {
            return ScriptedServer.of(connection -> {
                if (serverHttp2) {
                    RawHttp2 peer = RawHttp2.server(connection);
                    while (true) {
                        script.serve(new Wire.Http2(peer, peer.awaitStream()));
                    }
                }
                while (true) {
                    script.serve(new Wire.Http1(connection));
                }
            });
        }
    }

    interface Script {
        void serve(Wire wire) throws Exception;
    }

    private static void close(Wire wire) throws IOException {
        switch (wire) {
            case Wire.Http1 http1 -> http1.connection().close();
            case Wire.Http2 http2 -> http2.close();
        }
    }

    private static void assertCut(Wire wire) throws IOException {
        switch (wire) {
            case Wire.Http1 http1 -> assertThat(http1.connection().readToEnd()).doesNotEndWith("0\r\n\r\n");
            case Wire.Http2 http2 -> http2.awaitCut();
        }
    }

    private static String body(int bytes) {
        return "0123456789abcdef".repeat(bytes / 16);
    }

    @ParameterizedTest
    @EnumSource
    void bodies_bothWays_areWhole(Pairing pairing) throws Exception {
        try (ScriptedServer server = pairing.server(wire -> {
                    Message request = wire.read();
                    wire.send(new Message(
                            List.of(":status: 200", "method: " + request.header(":method"), "x-a: b"),
                            request.content(),
                            List.of()));
                });
                RunningWeir weir = pairing.weir(server)) {
            for (int size : new int[] {0, 16, 65_536, 1_000_000}) {
                Wire client = pairing.client(weir);
                client.send(Wire.request("POST", "/a?b=c", body(size)));
                Message answer = client.read();
                assertThat(answer.status()).isEqualTo(200);
                assertThat(answer.header("method")).isEqualTo("POST");
                assertThat(answer.header("x-a")).isEqualTo("b");
                assertThat(answer.content()).isEqualTo(body(size));
                close(client);
            }
            Quiet.awaitQuiet(weir);
        }
    }

    @ParameterizedTest
    @EnumSource
    void head_isTranslated(Pairing pairing) throws Exception {
        CompletableFuture<Message> seen = new CompletableFuture<>();
        pairing.play(
                wire -> {
                    seen.complete(wire.read());
                    wire.send(Wire.message(":status: 200", "set-cookie: a=1", "set-cookie: b=2", "content-length: 0"));
                },
                client -> {
                    client.send(Wire.request("GET", "/p?q", "", "cookie: a=1; b=2", "x-forwarded-for: 1.2.3.4"));
                    Message answer = client.read();
                    assertThat(answer.head()).contains("set-cookie: a=1", "set-cookie: b=2");
                    Message request = seen.get(5, TimeUnit.SECONDS);
                    assertThat(request.header(":path")).isEqualTo("/p?q");
                    assertThat(request.header(pairing.serverHttp2 ? ":authority" : "host"))
                            .isEqualTo("a.test");
                    assertThat(request.header("cookie")).isEqualTo("a=1; b=2");
                    assertThat(request.header("x-forwarded-for")).isEqualTo("127.0.0.1");
                    assertThat(request.header("x-forwarded-host")).isEqualTo("a.test");
                    assertThat(request.header("transfer-encoding")).isNull();
                    assertThat(request.header("connection")).isNull();
                });
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.MATCH_ALL, names = ".*_H1")
    void postWithoutContent_toHttp1_saysSo(Pairing pairing) throws Exception {
        pairing.play(
                wire -> wire.send(
                        Wire.message(":status: 200", "had: " + wire.read().header("content-length"))),
                client -> {
                    client.send(new Message(Wire.request("POST", "/", "").head(), "", List.of()));
                    assertThat(client.read().header("had")).isEqualTo("0");
                });
    }

    @ParameterizedTest
    @EnumSource
    void trailers_bothWays_arrive(Pairing pairing) throws Exception {
        CompletableFuture<Message> seen = new CompletableFuture<>();
        pairing.play(
                wire -> {
                    seen.complete(wire.read());
                    wire.send(new Message(List.of(":status: 200"), "answer", List.of("x-check: 2", "grpc-status: 0")));
                },
                client -> {
                    client.send(new Message(Wire.request("POST", "/", "").head(), "content", List.of("x-check: 1")));
                    Message answer = client.read();
                    assertThat(answer.content()).isEqualTo("answer");
                    assertThat(answer.trailers()).containsExactly("x-check: 2", "grpc-status: 0");
                    assertThat(seen.get().content()).isEqualTo("content");
                    assertThat(seen.get().trailers()).containsExactly("x-check: 1");
                });
    }

    @ParameterizedTest
    @EnumSource
    void interimResponse_arrivesBeforeTheFinalOne(Pairing pairing) throws Exception {
        pairing.play(
                wire -> {
                    wire.read();
                    wire.send(Wire.message(":status: 103", "link: </a.css>"));
                    wire.send(new Message(List.of(":status: 200"), "final", List.of()));
                },
                client -> {
                    client.send(Wire.request("GET", "/", ""));
                    assertThat(client.readHead()).contains(":status: 103", "link: </a.css>");
                    Message answer = client.read();
                    assertThat(answer.status()).isEqualTo(200);
                    assertThat(answer.content()).isEqualTo("final");
                });
    }

    @ParameterizedTest
    @EnumSource
    void responseWithoutContent_keepsItsLength(Pairing pairing) throws Exception {
        try (ScriptedServer server = pairing.server(wire -> {
                    Message request = wire.read();
                    wire.send(
                            "HEAD".equals(request.header(":method"))
                                    ? Wire.message(":status: 200", "content-length: 1234")
                                    : Wire.message(":status: 304", "etag: \"x\""));
                });
                RunningWeir weir = pairing.weir(server)) {
            for (String method : new String[] {"HEAD", "GET"}) {
                Wire client = pairing.client(weir);
                client.send(Wire.request(method, "/", ""));
                Message answer = client.read(true);
                assertThat(answer.status()).isEqualTo(method.equals("HEAD") ? 200 : 304);
                assertThat(answer.header("content-length")).isEqualTo(method.equals("HEAD") ? "1234" : null);
                close(client);
            }
            Quiet.awaitQuiet(weir);
        }
    }

    @ParameterizedTest
    @EnumSource
    void answer_whileTheRequestIsStillComing_isPassedOn(Pairing pairing) throws Exception {
        pairing.play(
                wire -> {
                    wire.readHead();
                    wire.sendHead(":status: 200");
                    wire.sendPart("early");
                    wire.awaitCut();
                    throw new IOException("over");
                },
                client -> {
                    client.sendHead(Wire.request("POST", "/", "").head().toArray(String[]::new));
                    client.sendPart("begun");
                    assertThat(client.readHead()).contains(":status: 200");
                });
    }

    @ParameterizedTest
    @EnumSource
    void response_cutShort_neverLooksComplete(Pairing pairing) throws Exception {
        pairing.play(
                wire -> {
                    wire.read();
                    wire.sendHead(":status: 200");
                    wire.sendPart("a part");
                    close(wire);
                    throw new IOException("over");
                },
                client -> {
                    client.send(Wire.request("GET", "/", ""));
                    assertThat(client.readHead()).contains(":status: 200");
                    assertCut(client);
                });
    }
}
