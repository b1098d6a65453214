package dev.weir.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code /v1/pools} of a Weir that runs. */
class PoolsApiIT {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private ScriptedServer server;
    private RunningWeir weir;

    @BeforeEach
    void start() throws IOException {
        server = ScriptedServer.answering(OK);
        weir = RunningWeir.of("""
                event-loops: 1
                admin: { bind: "127.0.0.1:0" }
                listeners: [{ bind: "127.0.0.1:0" }]
                routes: [{ pool: web }]
                pools:
                  web: { servers: ["%s"], health: { path: /up, every: 100ms, timeout: 10s } }
                  sock: { servers: ["unix:/tmp/none.sock"], health: off }
                """.formatted(server.address()));
    }

    @AfterEach
    void stop() throws IOException {
        weir.close();
        server.close();
    }

    private String ask(String method, String path, String fields, String body) throws IOException {
        try (RawClient client = new RawClient(weir.weir().adminPort())) {
            client.send(method + " " + path + " HTTP/1.1\r\nConnection: close\r\nContent-Length: " + body.length()
                    + "\r\n" + (fields.contains("Host:") ? "" : "Host: localhost\r\n") + fields + "\r\n" + body);
            return client.readToEnd();
        }
    }

    private JsonNode json(String path) throws IOException {
        String answer = ask("GET", path, "", "");
        assertThat(answer).startsWith("HTTP/1.1 200 ");
        return JsonMapper.shared().readTree(answer.substring(answer.indexOf("\r\n\r\n") + 4));
    }

    private String web() {
        return "/v1/pools/web/servers/" + server.address();
    }

    private void awaitState(String state) {
        await().untilAsserted(
                        () -> assertThat(json(web()).get("state").stringValue()).isEqualTo(state));
    }

    @Test
    void pools_namesAndHowManyAreUp() throws IOException {
        awaitState("up");
        JsonNode pools = json("/v1/pools").get("pools");
        assertThat(pools.size()).isEqualTo(2);
        JsonNode first = pools.get(0).get("name").stringValue().equals("web") ? pools.get(0) : pools.get(1);
        assertThat(first.toString()).isEqualTo("{\"name\":\"web\",\"panic\":false,\"up\":1,\"servers\":1}");
    }

    @Test
    void server_saysItsStateAndWhy() throws IOException {
        awaitState("up");
        JsonNode told = json(web());
        assertThat(told.get("address").stringValue()).isEqualTo(server.address());
        assertThat(told.get("reason").stringValue()).isEqualTo("first-check");
        assertThat(told.get("evidence").stringValue()).contains("200");
        assertThat(told.get("effective_weight").doubleValue()).isEqualTo(1);
        assertThat(told.get("limit").isNull()).isTrue();
        assertThat(told.get("changes").size()).isEqualTo(2);
        assertThat(told.get("checks").get(0).get("passed").booleanValue()).isTrue();
        assertThat(json("/v1/pools/web").get("servers").get(0).get("state").stringValue())
                .isEqualTo("up");
        assertThat(json("/v1/pools/web/servers").get("servers").size()).isEqualTo(1);
    }

    @Test
    void address_percentEncoded_isFound() throws IOException {
        assertThat(json("/v1/pools/sock/servers/unix%3A%2Ftmp%2Fnone.sock")
                        .get("state")
                        .stringValue())
                .isEqualTo("up");
    }

    @Test
    void state_drainThenMaintThenReady_isObeyed() throws IOException {
        awaitState("up");
        assertThat(ask("PATCH", web(), "", "{\"state\":\"drain\"}"))
                .startsWith("HTTP/1.1 200 ")
                .contains("\"state\":\"draining\"");
        assertThat(weir.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 503 ");
        assertThat(ask("PATCH", web(), "", "{\"state\":\"maint\"}")).contains("\"state\":\"maintenance\"");
        assertThat(ask("PATCH", web(), "", "{\"state\":\"ready\"}")).contains("\"admin_state\":\"ready\"");
        awaitState("slow-start");
        assertThat(weir.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200 ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"state\":\"off\"} | state: found 'off', expected one of ready, drain, maint",
                "{\"wieght\":2} | unknown key 'wieght'; did you mean 'weight'?",
                "{\"weight\":257} | expected a whole number from 0 to 256",
                "{\"address\":\"a:1\"} | address' cannot be changed",
                "{} | The content says nothing to change",
                "[] | is to be a JSON object",
                "{ | The content is not JSON"
            })
    void change_thatCannotBe_400SaysWhy(String body, String why) throws IOException {
        assertThat(ask("PATCH", web(), "", body))
                .startsWith("HTTP/1.1 400 ")
                .contains("application/problem+json")
                .contains(why);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/v1", "/v1/", "/v1/pools/nope", "/v1/pools/web/servers/1.2.3.4:5", "/v1/pools/web/x", "/v1/%zz"
            })
    void path_unknown_404(String path) throws IOException {
        assertThat(ask("GET", path, "", "")).containsAnyOf("HTTP/1.1 404 ", "HTTP/1.1 400 ");
    }

    @Test
    void method_unknown_405SaysWhich() throws IOException {
        assertThat(ask("POST", web(), "", ""))
                .startsWith("HTTP/1.1 405 ")
                .contains("\r\nAllow: DELETE, GET, HEAD, PATCH, PUT\r\n");
        assertThat(ask("POST", "/v1/pools", "", "")).startsWith("HTTP/1.1 405 ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Origin: http://evil.example\r\n",
                "Sec-Fetch-Site: cross-site\r\n",
                "Host: evil.example\r\n",
                "Host: evil.example:9090\r\nOrigin: http://evil.example:9090\r\n"
            })
    void pageOfAnotherSite_403(String fields) throws IOException {
        assertThat(ask("PATCH", web(), fields, "{\"state\":\"maint\"}")).startsWith("HTTP/1.1 403 ");
        assertThat(ask("GET", "/v1/pools", fields, "")).startsWith("HTTP/1.1 403 ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Host: 127.0.0.1:1\r\n",
                "Host: [::1]:1\r\n",
                "Host: localhost:1\r\nOrigin: http://localhost:1\r\n"
            })
    void programOfThisMachine_200(String fields) throws IOException {
        assertThat(ask("GET", "/v1/pools", fields, "")).startsWith("HTTP/1.1 200 ");
    }
}
