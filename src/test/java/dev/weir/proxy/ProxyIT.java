package dev.weir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import org.junit.jupiter.api.Test;

class ProxyIT {
    @Test
    void get_keepAlive_answersInOrderOnOneConnection() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before(server);
                RawClient client = weir.connect()) {
            for (int i = 0; i < 3; i++) {
                client.send("GET /" + i + " HTTP/1.1\r\nHost: a\r\n\r\n");
                assertThat(client.readMessage().content()).startsWith("GET /" + i + " HTTP/1.1\r\n");
            }
            assertThat(server.accepted()).isEqualTo(1);
        }
    }
}
