package dev.weir.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.FaultyRelay;
import dev.weir.testing.Quiet;
import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;

/** Responses that end before their framing says so, at every byte, orderly and by a reset: none may look complete. */
class CutResponsesIT {
    private static final String WITH_LENGTH = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n01234567890123456789";
    private static final String CHUNKED =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nworld\r\n0\r\nX-T: 1\r\n\r\n";

    @Test
    void contentLength_cutOrderlyAtEachByte_neverLooksComplete() throws Exception {
        cutAtEachByte(WITH_LENGTH, FaultyRelay::cutAfter);
    }

    @Test
    void contentLength_resetAtEachByte_neverLooksComplete() throws Exception {
        cutAtEachByte(WITH_LENGTH, FaultyRelay::resetAfter);
    }

    @Test
    void contentLength_halfClosedAtEachByte_neverLooksComplete() throws Exception {
        cutAtEachByte(WITH_LENGTH, FaultyRelay::halfCloseAfter);
    }

    @Test
    void chunked_cutOrderlyAtEachByte_neverLooksComplete() throws Exception {
        cutAtEachByte(CHUNKED, FaultyRelay::cutAfter);
    }

    @Test
    void chunked_resetAtEachByte_neverLooksComplete() throws Exception {
        cutAtEachByte(CHUNKED, FaultyRelay::resetAfter);
    }

    private static void cutAtEachByte(String response, LongFunction<FaultyRelay.Fault> fault) throws Exception {
        int headBytes = response.indexOf("\r\n\r\n") + 4;
        int[] at = {0};
        try (ScriptedServer server = ScriptedServer.answering(response);
                FaultyRelay relay = FaultyRelay.before(
                        server.port(),
                        FaultyRelay.passing(),
                        way -> fault.apply(at[0]).pass(way));
                RunningWeir weir = behind(relay)) {
            for (at[0] = 0; at[0] < response.length(); at[0]++) {
                try (RawClient client = weir.connect()) {
                    String got = client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                            .readToEnd();
                    if (at[0] < headBytes) {
                        assertThat(got)
                                .as("cut at %s", at[0])
                                .startsWith("HTTP/1.1 502 ")
                                .contains("Proxy-Status:");
                    } else {
                        assertThat(complete(got))
                                .as("cut at %s: %s", at[0], got)
                                .isFalse();
                    }
                }
            }
            Quiet.awaitQuiet(weir);
        }
    }

    private static boolean complete(String got) {
        return got.endsWith("01234567890123456789") || got.contains("\r\n0\r\n");
    }

    @Test
    void closeDelimited_reset_isCut() throws Exception {
        String response = "HTTP/1.1 200 OK\r\n\r\nhello";
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readMessage();
                    connection.send(response);
                    connection.read();
                });
                FaultyRelay relay = FaultyRelay.before(
                        server.port(), FaultyRelay.passing(), FaultyRelay.resetAfter(response.length()));
                RunningWeir weir = behind(relay)) {
            assertThat(weir.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
                    .doesNotContain("\r\n0\r\n");
            try (RawClient old = weir.connect()) {
                old.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
                assertThat(old.endsOrderly())
                        .as("an orderly end would look complete")
                        .isFalse();
            }
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void contentLengthOrChunked_cutForHttp10Client_neverEndsOrderlyUnlessLengthTells() throws Exception {
        int cut = CHUNKED.indexOf("world");
        try (ScriptedServer server = ScriptedServer.answering(CHUNKED);
                FaultyRelay relay =
                        FaultyRelay.before(server.port(), FaultyRelay.passing(), FaultyRelay.cutAfter(cut));
                RunningWeir weir = behind(relay);
                RawClient old = weir.connect()) {
            old.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
            assertThat(old.endsOrderly()).isFalse();
        }
    }

    private static RunningWeir behind(FaultyRelay relay) {
        return RunningWeir.of("""
                event-loops: 1
                admin: { bind: "127.0.0.1:0" }
                listeners: [{ bind: "127.0.0.1:0" }]
                pools: { web: { health: off, servers: ["%s"], retry: { attempts: 0 } } }
                """.formatted(relay.address()));
    }
}
