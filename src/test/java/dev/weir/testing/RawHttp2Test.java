package dev.weir.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The test kit itself: both ends of it, with each other. */
class RawHttp2Test {
    private static void serve(RawClient connection) throws IOException {
        RawHttp2 peer = RawHttp2.server(connection, 3, 7);
        RawHttp2.Message second = peer.message(3);
        RawHttp2.Message first = peer.message(1);
        peer.headers(3, false, ":status", "200", "path", String.valueOf(second.header(":path")));
        peer.data(3, false, first.content()).headers(3, true, "last", "x".repeat(300));
        peer.reset(1, 8);
        peer.goAway(3, 0);
        while (peer.next() != null) {
            // The client's acknowledgements, up to its end.
        }
    }

    private static void converse(RawHttp2 client) throws IOException {
        client.request(1, false, "POST", "/one").data(1, true, "content").request(3, true, "GET", "/two");
        assertThat(client.await(RawHttp2.SETTINGS).setting(3)).isEqualTo(7);
        RawHttp2.Message answer = client.message(3);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("path")).isEqualTo("/two");
        assertThat(answer.content()).isEqualTo("content");
        assertThat(answer.trailer("last")).isEqualTo("x".repeat(300));
        assertThat(client.await(RawHttp2.RST_STREAM, 1).intAt(0)).isEqualTo(8);
        assertThat(client.await(RawHttp2.GOAWAY).intAt(0)).isEqualTo(3);
    }

    @Test
    void bothEnds_overTcp_understandEachOther() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(RawHttp2Test::serve);
                RawHttp2 client = RawHttp2.client(new RawClient(server.port()))) {
            converse(client);
            assertThat(server.failures()).isEmpty();
        }
    }

    @Test
    void bothEnds_overTls_understandEachOther(@TempDir Path directory) throws Exception {
        TestAuthority authority = TestAuthority.in(directory);
        SSLContext own = authority.server("one.test", "127.0.0.1").context();
        try (ScriptedServer server = ScriptedServer.tls(own, RawHttp2Test::serve, "h2", "http/1.1")) {
            RawClient connection = RawClient.tls(server.port(), authority.trusting(), "one.test", "h2");
            assertThat(connection.protocol()).isEqualTo("h2");
            try (RawHttp2 client = RawHttp2.client(connection)) {
                converse(client);
            }
            assertThat(server.failures()).isEmpty();
            assertThatThrownBy(() -> RawClient.tls(server.port(), authority.trusting(), "other.test"))
                    .isInstanceOf(SSLHandshakeException.class);
        }
    }

    @Test
    void issued_asFiles_areWhatAServerNeeds(@TempDir Path directory) throws Exception {
        TestAuthority authority = TestAuthority.named("a b", directory);
        assertThat(authority.file()).hasFileName("a-b.pem").content().contains("BEGIN CERTIFICATE");
        for (TestAuthority.Issued issued : new TestAuthority.Issued[] {
            authority.server("*.a.test"), authority.rsaServer("*.a.test"), authority.client("me")
        }) {
            assertThat(issued.chain()).content().contains("BEGIN CERTIFICATE");
            assertThat(issued.key()).content().contains("BEGIN PRIVATE KEY");
        }
        assertThat(authority.trusting(authority.client("you"))).isNotNull();
    }
}
