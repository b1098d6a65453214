package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.NameServer;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers that sources have found are servers like any other. */
class DiscoveredServersIT {
    private static final String REQUEST = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    @TempDir
    Path folder;

    private static ScriptedServer server(String name) throws Exception {
        return ScriptedServer.answering(
                "HTTP/1.1 204 No Content\r\nX-Server: " + name + "\r\nConnection: close\r\n\r\n");
    }

    private Path list(String text) throws Exception {
        Path fresh = Files.writeString(folder.resolve("fresh"), text);
        return Files.move(
                fresh, folder.resolve("servers"), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static RunningWeir weir(String pool, String keys) {
        return RunningWeir.of(
                "event-loops: 1\nadmin: { bind: \"127.0.0.1:0\" }\nlisteners: [{ bind: \"127.0.0.1:0\" }]\n"
                        + "pools: { web: { slow-start: 0s, balance: round-robin, " + pool + " } }\n" + keys);
    }

    private static Set<String> answering(RunningWeir weir) throws Exception {
        Set<String> names = new HashSet<>();
        for (int i = 0; i < 4; i++) {
            String answer = weir.exchange(REQUEST);
            names.add(answer.replaceFirst("(?s).*X-Server: (\\w+).*", "$1"));
        }
        return names;
    }

    private static void awaitAnswering(RunningWeir weir, String... names) {
        await().pollInterval(Duration.ofMillis(50))
                .untilAsserted(() -> assertThat(answering(weir)).containsExactlyInAnyOrder(names));
    }

    @Test
    void file_atTheStart_isThereFromTheFirstRequestOn() throws Exception {
        try (ScriptedServer one = server("one")) {
            Path file = list("[\"" + one.address() + "\"]");
            try (RunningWeir weir = weir("discover: [{ file: \"" + file + "\" }]", "")) {
                assertThat(weir.exchange(REQUEST)).contains("X-Server: one");
                assertThat(weir.metric("weir_discovery_servers{pool=\"web\",source=\"file:" + file + "\"}"))
                        .isEqualTo(1);
            }
        }
    }

    @Test
    void servers_ofTheConfigurationAndOfSources_areOnePool() throws Exception {
        try (ScriptedServer one = server("one");
                ScriptedServer two = server("two");
                ScriptedServer three = server("three")) {
            Path file = list("[\"" + two.address() + "\"]");
            String pool = "servers: [\"" + one.address() + "\"], discover: [{ file: \"" + file + "\" }]";
            try (RunningWeir weir = weir(pool, "")) {
                awaitAnswering(weir, "one", "two");
                list("[\"" + two.address() + "\", \"" + three.address() + "\"]");
                awaitAnswering(weir, "one", "two", "three");
                list("[\"" + three.address() + "\"]");
                awaitAnswering(weir, "one", "three");
            }
        }
    }

    @Test
    void server_thatDnsHasReplaced_isReplacedAsSoonAsItFails() throws Exception {
        try (NameServer names = NameServer.start();
                ScriptedServer one = server("one")) {
            String port = one.address().replaceFirst(".*:", "");
            names.addresses("web.internal", 3600, "127.0.0.9");
            String keys = "resolver: { servers: [\"" + names.hostAndPort() + "\"] }\n";
            try (RunningWeir weir =
                    weir("queue: { timeout: 100ms }, discover: [{ dns: \"web.internal:" + port + "\" }]", keys)) {
                assertThat(weir.exchange(REQUEST)).startsWith("HTTP/1.1 50");
                names.addresses("web.internal", 3600, "127.0.0.1");
                awaitAnswering(weir, "one");
            }
        }
    }

    @Test
    void targets_ofSrvRecords_areResolvedLikeOtherNames() throws Exception {
        try (NameServer names = NameServer.start();
                ScriptedServer one = server("one")) {
            String port = one.address().replaceFirst(".*:", "");
            names.services("_http._tcp.web.internal", 5, "0 0 " + port + " pod-1.internal")
                    .addresses("pod-1.internal", 5, "127.0.0.1");
            String keys = "resolver: { servers: [\"" + names.hostAndPort() + "\"] }\n";
            try (RunningWeir weir = weir("discover: [{ srv: _http._tcp.web.internal }]", keys)) {
                assertThat(weir.exchange(REQUEST)).contains("X-Server: one");
            }
        }
    }

    private static HttpResponse<String> ask(RunningWeir weir, String method, String path, String body)
            throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + weir.weir().adminPort() + path);
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(uri)
                    .header("Content-Type", "application/json")
                    .method(method, HttpRequest.BodyPublishers.ofString(body))
                    .build();
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        }
    }

    private Path file(String pool) throws Exception {
        return Files.writeString(
                folder.resolve("weir.yaml"),
                "event-loops: 1\nadmin: { bind: \"127.0.0.1:0\" }\nlisteners: [{ bind: \"127.0.0.1:0\" }]\n"
                        + "pools: { web: { slow-start: 0s, balance: round-robin, " + pool + " } }\n");
    }

    @Test
    void source_removedByAReload_takesItsServersAlongAndMayComeBack() throws Exception {
        try (ScriptedServer one = server("one");
                ScriptedServer two = server("two")) {
            String own = "servers: [\"" + one.address() + "\"]";
            String both = own + ", discover: [{ file: \"" + list("[\"" + two.address() + "\"]") + "\" }]";
            try (RunningWeir weir = RunningWeir.following(file(both))) {
                awaitAnswering(weir, "one", "two");
                file(own);
                assertThat(ask(weir, "POST", "/v1/reload", "").statusCode()).isEqualTo(200);
                awaitAnswering(weir, "one");
                assertThat(weir.metrics()).doesNotContain("weir_discovery_servers{");
                file(both);
                assertThat(ask(weir, "POST", "/v1/reload", "").statusCode()).isEqualTo(200);
                awaitAnswering(weir, "one", "two");
            }
        }
    }

    @Test
    void server_drainedByTheApi_staysSoWhileItsSourceHasIt() throws Exception {
        try (ScriptedServer one = server("one");
                ScriptedServer two = server("two");
                ScriptedServer three = server("three")) {
            Path list = list("[\"" + one.address() + "\", \"" + two.address() + "\"]");
            try (RunningWeir weir = weir("discover: [{ file: \"" + list + "\" }]", "")) {
                awaitAnswering(weir, "one", "two");
                String server = "/v1/pools/web/servers/" + one.address().replace(":", "%3A");
                assertThat(ask(weir, "PATCH", server, "{\"state\":\"drain\"}").statusCode())
                        .isEqualTo(200);
                awaitAnswering(weir, "two");
                list("[\"" + one.address() + "\", \"" + three.address() + "\"]");
                awaitAnswering(weir, "three");
                assertThat(ask(weir, "GET", "/v1/pools/web", "").body())
                        .contains("\"source\":\"file:" + list + "\"")
                        .contains("\"outcome\":\"");
            }
        }
    }
}
