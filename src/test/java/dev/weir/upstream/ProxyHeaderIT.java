package dev.weir.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** The PROXY protocol with servers. */
class ProxyHeaderIT {
    private static final String GET = "GET / HTTP/1.1\r\nHost: site\r\n\r\n";
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @Test
    void version1_oneConnectionForEachClient() throws Exception {
        List<String> headers = new CopyOnWriteArrayList<>();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    headers.add(connection.readThrough("\r\n"));
                    while (!connection.readMessage().head().isEmpty()) {
                        connection.send(OK);
                    }
                });
                RunningWeir weir = RunningWeir.before("", "proxy-protocol: v1", server);
                RawClient one = weir.connect();
                RawClient two = weir.connect()) {
            for (int i = 0; i < 2; i++) {
                assertThat(one.send(GET).readMessage().content()).isEqualTo("ok");
                assertThat(two.send(GET).readMessage().content()).isEqualTo("ok");
            }
            assertThat(headers).containsExactly(line(one, weir.port()), line(two, weir.port()));
        }
    }

    private static String line(RawClient client, int port) {
        return "PROXY TCP4 127.0.0.1 127.0.0.1 " + client.socket().getLocalPort() + " " + port + "\r\n";
    }

    @Test
    void version2_isBinary() throws Exception {
        List<byte[]> headers = new CopyOnWriteArrayList<>();
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    headers.add(connection.read(28));
                    connection.readMessage();
                    connection.send(OK);
                });
                RunningWeir weir = RunningWeir.before("", "proxy-protocol: v2", server);
                RawClient client = weir.connect()) {
            assertThat(client.send(GET).readMessage().content()).isEqualTo("ok");
            int port = client.socket().getLocalPort();
            int bound = weir.port();
            assertThat(headers.getFirst())
                    .startsWith(
                            0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, 0x21, 0x11, 0, 12)
                    .endsWith(127, 0, 0, 1, 127, 0, 0, 1, port >> 8, port & 255, bound >> 8, bound & 255);
        }
    }
}
