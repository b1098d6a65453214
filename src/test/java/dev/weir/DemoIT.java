package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weir.config.Address;
import dev.weir.testing.RawClient;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DemoIT {
    private static final Address ANY = new Address.Inet("127.0.0.1", 0);
    private Demo demo;

    @BeforeEach
    void start() throws StartFailure {
        demo = Demo.start(0, ANY);
    }

    @AfterEach
    void stop() {
        demo.close();
    }

    private RawClient.Message get(String path) throws Exception {
        try (RawClient client = new RawClient(demo.weir().ports().getFirst())) {
            return client.send("GET " + path + " HTTP/1.1\r\nHost: demo\r\n\r\n")
                    .readMessage();
        }
    }

    @Test
    void get_severalTimes_allServersAnswerAndSayWhoTheyAre() throws Exception {
        Set<String> servers = new HashSet<>();
        AtomicInteger asked = new AtomicInteger();
        // The first one that has been checked gets all requests until others have been, too.
        await().pollInterval(Duration.ofMillis(1)).until(() -> {
            int i = asked.incrementAndGet();
            String answer = get("/path?i=" + i).content();
            assertThat(answer)
                    .matches("hello from demo server \\d \\(127\\.0\\.0\\.1:\\d+\\), request \\d+: GET /path\\?i=" + i
                            + "\n");
            servers.add(answer.substring(0, answer.indexOf('(')));
            return servers.size() == 3;
        });
    }

    @Test
    void status_passesAsItIs() throws Exception {
        assertThat(get("/status/503").status()).isEqualTo(503);
        assertThat(get("/status/204").status()).isEqualTo(204);
        assertThat(get("/status/nonsense").status()).isEqualTo(200);
    }

    @Test
    void bytes_areAsManyAsAskedFor() throws Exception {
        assertThat(get("/bytes/1048576").content()).hasSize(1 << 20);
        assertThat(get("/bytes/0").content()).isEmpty();
    }

    @Test
    void headers_showWhatWeirAdds() throws Exception {
        assertThat(get("/headers").content()).containsIgnoringCase("x-forwarded-for: 127.0.0.1\n");
    }

    @Test
    void slow_answersAfterThatTime() throws Exception {
        long begin = System.nanoTime();
        assertThat(get("/slow?ms=50").content()).endsWith(" after 50 ms\n");
        assertThat(System.nanoTime() - begin).isGreaterThan(50_000_000);
    }

    @Test
    void events_comeOneByOne() throws Exception {
        try (RawClient client = new RawClient(demo.weir().ports().getFirst())) {
            client.send("GET /events HTTP/1.1\r\nHost: demo\r\n\r\n");
            assertThat(client.readHead()).containsIgnoringCase("content-type: text/event-stream");
            assertThat(client.readThrough("\n\n")).contains("data: event 1 from demo server ");
        }
    }

    @Test
    void describe_namesThePortsThatWereTaken() {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        demo.describe(new PrintStream(said, true, StandardCharsets.UTF_8));
        assertThat(said.toString(StandardCharsets.UTF_8))
                .contains("curl localhost:" + demo.weir().ports().getFirst() + "/ ")
                .contains("curl localhost:" + demo.weir().adminPort() + "/metrics ");
    }

    @Test
    void start_portTaken_namesTheOptions() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = taken.getLocalPort();
            assertThatThrownBy(() -> Demo.start(port, ANY)).hasMessageContaining("--port");
            assertThatThrownBy(() -> Demo.start(0, new Address.Inet("127.0.0.1", port)))
                    .hasMessageContaining("127.0.0.1:" + port)
                    .hasMessageContaining("--admin");
        }
    }
}
