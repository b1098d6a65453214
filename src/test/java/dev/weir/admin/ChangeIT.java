package dev.weir.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Changes by the API and by the file of a Weir through which requests go. */
class ChangeIT {
    private static final String REQUEST = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    @TempDir
    Path folder;

    private ScriptedServer first;
    private ScriptedServer second;
    private Path file;
    private RunningWeir weir;

    @BeforeEach
    void start() throws IOException {
        first = named("first");
        second = named("second");
        file = folder.resolve("weir.yaml");
        Files.writeString(file, text("\"" + first.address() + "\""));
        weir = RunningWeir.following(file);
    }

    private static ScriptedServer named(String name) throws IOException {
        return ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: " + name.length() + "\r\n\r\n" + name);
    }

    private String text(String servers) {
        return """
                event-loops: 1
                admin: { bind: "127.0.0.1:0" }
                listeners: [{ bind: "127.0.0.1:0" }]
                pools:
                  web: { servers: [%s], health: { path: /up, every: 100ms, timeout: 10s }, slow-start: 0s, balance: round-robin }
                """.formatted(servers);
    }

    @AfterEach
    void stop() throws IOException {
        weir.close();
        first.close();
        second.close();
    }

    private String ask(String method, String path, String content) throws IOException {
        try (RawClient client = new RawClient(weir.weir().adminPort())) {
            String type = content.isEmpty() ? "" : "Content-Type: application/json\r\n";
            client.send(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + type
                    + "Content-Length: " + content.length() + "\r\n\r\n" + content);
            return client.readToEnd();
        }
    }

    private JsonNode json(String path) throws IOException {
        String answer = ask("GET", path, "");
        return JsonMapper.shared().readTree(answer.substring(answer.indexOf("\r\n\r\n") + 4));
    }

    private String addSecond() throws IOException {
        return ask("POST", "/v1/pools/web/servers", "{\"address\":\"" + second.address() + "\"}");
    }

    private String server(ScriptedServer server) {
        return "/v1/pools/web/servers/" + server.address();
    }

    private void awaitBoth() {
        await().untilAsserted(() ->
                assertThat(json("/v1/pools/web").get("up").intValue()).isEqualTo(2));
    }

    @Test
    void addedServer_getsItsFirstRequestSoonAfterTheAnswer() throws IOException {
        assertThat(addSecond()).startsWith("HTTP/1.1 201 ");
        long answered = System.nanoTime();
        await().pollInterval(5, TimeUnit.MILLISECONDS)
                .untilAsserted(() -> assertThat(weir.exchange(REQUEST)).endsWith("second"));
        assertThat(System.nanoTime() - answered).isLessThan(TimeUnit.SECONDS.toNanos(10));
    }

    @Test
    void removedServer_getsNoRequestAfterTheAnswer() throws IOException {
        addSecond();
        awaitBoth();
        assertThat(ask("DELETE", server(first), "")).startsWith("HTTP/1.1 204 ");
        for (int i = 0; i < 20; i++) {
            assertThat(weir.exchange(REQUEST)).endsWith("second");
        }
        assertThat(ask("GET", server(first), "")).startsWith("HTTP/1.1 404 ");
    }

    @Test
    void drainedServer_getsNoRequestAfterTheAnswer_andIsSaidToBeDraining() throws IOException {
        addSecond();
        awaitBoth();
        assertThat(ask("PATCH", server(second), "{\"state\":\"drain\"}"))
                .startsWith("HTTP/1.1 200 ")
                .contains("\"state\":\"draining\"");
        for (int i = 0; i < 20; i++) {
            assertThat(weir.exchange(REQUEST)).endsWith("first");
        }
    }

    @Test
    void removedServer_finishesWhatItHasBeenGiven() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        try (ScriptedServer slow = ScriptedServer.of(connection -> {
            String head = connection.readMessage().head();
            if (head.startsWith("GET / ")) {
                asked.countDown();
                assertThat(released.await(30, TimeUnit.SECONDS)).isTrue();
            }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nslow");
        })) {
            ask("POST", "/v1/pools/web/servers", "{\"address\":\"" + slow.address() + "\"}");
            awaitBoth();
            ask("DELETE", server(first), "");
            try (RawClient client = weir.connect()) {
                client.send(REQUEST);
                assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();
                assertThat(ask("DELETE", server(slow), ""))
                        .startsWith("HTTP/1.1 202 ")
                        .endsWith("{\"in_flight\":1}");
                released.countDown();
                assertThat(client.readToEnd()).startsWith("HTTP/1.1 200 ").endsWith("slow");
            }
        }
    }

    @Test
    void removedNow_hasItsRequestsTriedElsewhere() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        try (ScriptedServer stuck = ScriptedServer.of(connection -> {
            String head = connection.readMessage().head();
            if (head.startsWith("GET / ")) {
                asked.countDown();
                boolean released = over.await(30, TimeUnit.SECONDS);
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + (released ? "freed" : "stuck"));
                return;
            }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
        })) {
            ask("POST", "/v1/pools/web/servers", "{\"address\":\"" + stuck.address() + "\"}");
            awaitBoth();
            ask("PATCH", server(first), "{\"state\":\"drain\"}");
            try (RawClient client = weir.connect()) {
                client.send(REQUEST);
                assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();
                ask("PATCH", server(first), "{\"state\":\"ready\"}");
                assertThat(ask("DELETE", server(stuck) + "?now=true", "")).startsWith("HTTP/1.1 204 ");
                assertThat(client.readToEnd()).endsWith("first");
            }
            over.countDown();
        }
    }

    @Test
    void change_survivesAReloadAndARestart() throws IOException {
        addSecond();
        Files.writeString(file, text("{ address: \"" + first.address() + "\", weight: 3 }"));
        assertThat(ask("POST", "/v1/reload", "")).startsWith("HTTP/1.1 200 ").contains("weight: 1 -> 3");
        assertThat(json("/v1/pools/web").get("servers").size()).isEqualTo(2);
        String tag = RawClient.header(ask("GET", server(second), ""), "ETag");
        weir.close();
        weir = RunningWeir.following(file);
        assertThat(json("/v1/pools/web").get("servers").size()).isEqualTo(2);
        assertThat(RawClient.header(ask("GET", server(second), ""), "ETag")).isEqualTo(tag);
        assertThat(json("/v1/diff").get("changes").get(0).get("by").asString()).isEqualTo("api");
    }

    @Test
    void faultyFile_changesNothingAndIsCounted() throws Exception {
        Files.writeString(file, text("\"nowhere\""));
        assertThat(ask("POST", "/v1/reload", "")).startsWith("HTTP/1.1 422 ").contains("expected host:port");
        assertThat(weir.exchange(REQUEST)).endsWith("first");
        assertThat(weir.metric("weir_config_reloads_total{outcome=\"refused\"}"))
                .isEqualTo(1);
        assertThat(json("/v1/status").get("last_reload").get("outcome").asString())
                .isEqualTo("refused");
    }

    @Test
    void reload_thatChangesTheAdminPortItself_isAnswered() throws IOException {
        int former = weir.weir().adminPort();
        Path token = Files.writeString(folder.resolve("token"), "s3cret");
        String guarded = text("\"" + first.address() + "\"")
                .replace("127.0.0.1:0\" }\nlisteners", "127.0.0.1:0\", token-file: \"" + token + "\" }\nlisteners");
        Files.writeString(file, guarded);
        assertThat(ask("POST", "/v1/reload", "")).startsWith("HTTP/1.1 200 ").contains("admin.token-file");
        assertThat(weir.weir().adminPort()).isEqualTo(former);
        assertThat(ask("GET", "/v1/status", "")).startsWith("HTTP/1.1 401 ");
        Files.writeString(
                file,
                text("\"" + first.address() + "\"")
                        .replace("admin: { bind: \"127.0.0.1", "admin: { bind: \"localhost"));
        assertThat(weir.weir().reloader().reload("test").problems()).isEmpty();
        assertThat(weir.weir().adminPort()).isNotEqualTo(former);
        assertThat(ask("GET", "/v1/status", "")).startsWith("HTTP/1.1 200 ");
        Files.writeString(file, text("\"" + first.address() + "\""));
        assertThat(ask("POST", "/v1/reload", "")).startsWith("HTTP/1.1 200 ").contains("admin.bind");
    }

    @Test
    void poolAndRoute_added_takeRequestsAtOnce() throws IOException {
        assertThat(ask("PUT", "/v1/pools/new", "{\"health\":\"off\",\"servers\":[\"" + second.address() + "\"]}"))
                .startsWith("HTTP/1.1 201 ");
        assertThat(ask("POST", "/v1/routes", "{\"name\":\"n\",\"match\":{\"path\":\"/n\"},\"pool\":\"new\"}"))
                .startsWith("HTTP/1.1 201 ");
        assertThat(weir.exchange(REQUEST.replace("GET / ", "GET /n "))).endsWith("second");
        assertThat(weir.exchange(REQUEST)).endsWith("first");
        assertThat(ask("DELETE", "/v1/routes/n", "")).startsWith("HTTP/1.1 204 ");
        assertThat(weir.exchange(REQUEST.replace("GET / ", "GET /n "))).endsWith("first");
    }
}
