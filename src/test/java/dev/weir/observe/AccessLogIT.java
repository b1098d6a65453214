package dev.weir.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.Programs;
import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The lines that real exchanges leave. */
class AccessLogIT {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @TempDir
    Path directory;

    private Path log() {
        return directory.resolve("access.log");
    }

    private RunningWeir logging(String format, String servers) {
        return RunningWeir.of("""
                event-loops: 1
                admin: { bind: "127.0.0.1:0" }
                access-log: { path: "%s", format: %s }
                listeners: [{ bind: "127.0.0.1:0" }]
                routes: [{ match: { path: "/app/*" }, pool: web }]
                pools: { web: { health: off, ejection: off, balance: round-robin, servers: [%s] } }
                """.formatted(log(), format, servers));
    }

    private List<String> lines(Path file, int count) {
        return await().until(() -> Files.readAllLines(file), lines -> lines.size() >= count);
    }

    private JsonNode json() {
        return JSON.readTree(lines(log(), 1).get(0));
    }

    private static String refusing() throws IOException {
        return "127.0.0.1:" + Programs.freePort();
    }

    private static String get(String path) {
        return "GET " + path + " HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: \"t\"\r\nReferer: http://r/\r\n"
                + "Connection: close\r\n\r\n";
    }

    @Test
    void json_success_tellsBytesPhasesAndServer() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(OK);
                RunningWeir weir = logging("json", '"' + server.address() + '"')) {
            weir.exchange("POST /app/a?b=c HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n"
                    + "Content-Length: 5\r\n\r\nhello");
            JsonNode line = json();
            assertThat(line.get("method").asString()).isEqualTo("POST");
            assertThat(line.get("target").asString()).isEqualTo("/app/a?b=c");
            assertThat(line.get("host").asString()).isEqualTo("shop.example");
            assertThat(line.get("status").asInt()).isEqualTo(200);
            assertThat(line.get("request_bytes").asInt()).isEqualTo(5);
            assertThat(line.get("response_bytes").asInt()).isEqualTo(2);
            assertThat(line.get("pool").asString()).isEqualTo("web");
            assertThat(line.get("server").asString()).isEqualTo(server.address());
            assertThat(line.get("attempts").asInt()).isEqualTo(1);
            assertThat(line.get("reused").asBoolean()).isFalse();
            assertThat(line.get("client").asString()).isEqualTo("127.0.0.1");
            assertThat(line.get("cause").isNull()).isTrue();
            double connect = line.get("connect_ms").asDouble();
            double firstByte = line.get("first_byte_ms").asDouble();
            assertThat(connect).isPositive().isLessThan(firstByte);
            assertThat(firstByte).isLessThanOrEqualTo(line.get("duration_ms").asDouble());
        }
    }

    @Test
    void json_reusedConnection_hasNoConnectPhase() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(OK);
                RunningWeir weir = logging("json", '"' + server.address() + '"')) {
            weir.exchange(get("/app/1"));
            weir.exchange(get("/app/2"));
            JsonNode second = JSON.readTree(lines(log(), 2).get(1));
            assertThat(second.get("reused").asBoolean()).isTrue();
            assertThat(second.get("connect_ms").isNull()).isTrue();
        }
    }

    @Test
    void json_noRoute_404WithoutServer() throws Exception {
        try (RunningWeir weir = logging("json", "\"127.0.0.1:1\"")) {
            weir.exchange(get("/elsewhere"));
            JsonNode line = json();
            assertThat(line.get("status").asInt()).isEqualTo(404);
            assertThat(line.get("cause").asString()).isEqualTo("no-route");
            assertThat(line.get("attempts").asInt()).isZero();
            assertThat(line.get("server").isNull()).isTrue();
            assertThat(line.get("pool").isNull()).isTrue();
            assertThat(line.get("response_bytes").asInt()).isPositive();
        }
    }

    @Test
    void json_allRefuse_502WithAllAttempts() throws Exception {
        String first = refusing();
        String second = refusing();
        try (RunningWeir weir = logging("json", '"' + first + "\", \"" + second + '"')) {
            weir.exchange(get("/app/"));
            JsonNode line = json();
            assertThat(line.get("status").asInt()).isEqualTo(502);
            assertThat(line.get("cause").asString()).isEqualTo("connect-refused");
            assertThat(line.get("attempts").asInt()).isEqualTo(3);
            assertThat(line.get("retried_for").asString()).isEqualTo("connect-refused");
            assertThat(line.get("server").asString()).isIn(first, second);
            assertThat(line.get("first_byte_ms").isNull()).isTrue();
            assertThat(line.get("connect_ms").isNull()).isTrue();
        }
    }

    @Test
    void json_secondServerAnswers_isSuccessOfTwoAttempts() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(OK);
                RunningWeir weir = logging("json", '"' + refusing() + "\", \"" + server.address() + '"')) {
            weir.exchange(get("/app/1"));
            weir.exchange(get("/app/2"));
            List<String> lines = lines(log(), 2);
            assertThat(lines).anySatisfy(line -> {
                JsonNode tried = JSON.readTree(line);
                assertThat(tried.get("attempts").asInt()).isEqualTo(2);
                assertThat(tried.get("status").asInt()).isEqualTo(200);
                assertThat(tried.get("server").asString()).isEqualTo(server.address());
                assertThat(tried.get("cause").isNull()).isTrue();
            });
        }
    }

    @Test
    void json_clientLeavesBeforeTheAnswer_causeSaysSo() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(RawClient::readToEnd);
                RunningWeir weir = logging("json", '"' + server.address() + '"')) {
            RawClient client = weir.connect();
            client.send(get("/app/"));
            await().until(() -> server.accepted() == 1);
            client.reset();
            JsonNode line = json();
            assertThat(line.get("cause").asString()).isEqualTo("client-aborted");
            assertThat(line.get("status").asInt()).isIn(0, 499);
            assertThat(line.get("response_bytes").asInt()).isZero();
        }
    }

    @Test
    void json_responseCutShort_keepsStatusAndNamesTheCause() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n");
                });
                RunningWeir weir = logging("json", '"' + server.address() + '"')) {
            weir.exchange(get("/app/"));
            JsonNode line = json();
            assertThat(line.get("status").asInt()).isEqualTo(200);
            assertThat(line.get("cause").asString()).isEqualTo("response-incomplete");
            assertThat(line.get("response_bytes").asInt()).isEqualTo(4);
        }
    }

    @Test
    void combined_successAndFailures_asWebServersWriteThem() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(OK);
                RunningWeir weir = logging("combined", '"' + server.address() + '"')) {
            weir.exchange(get("/app/x"));
            weir.exchange(get("/none"));
            List<String> lines = lines(log(), 2);
            assertThat(lines.get(0))
                    .matches("127\\.0\\.0\\.1 - - \\[[^]]+] \"GET /app/x HTTP/1\\.1\" 200 2 \"http://r/\" \".*t.*\"");
            assertThat(lines.get(1)).matches("127\\.0\\.0\\.1 - - \\[[^]]+] \"GET /none HTTP/1\\.1\" 404 \\d+ .*");
        }
    }

    @Test
    void reopened_afterRename_linesGoToTheNewFile() throws Exception {
        Path renamed = directory.resolve("access.log.1");
        try (ScriptedServer server = ScriptedServer.answering(OK);
                RunningWeir weir = logging("json", '"' + server.address() + '"')) {
            weir.exchange(get("/app/1"));
            lines(log(), 1);
            Files.move(log(), renamed);
            weir.exchange(get("/app/2"));
            lines(renamed, 2);
            weir.weir().reopenLogs();
            await().until(() -> Files.exists(log()));
            weir.exchange(get("/app/3"));
            assertThat(lines(log(), 1).get(0)).contains("/app/3");
            assertThat(lines(renamed, 2)).hasSize(2);
        }
    }

    @Test
    void stop_everyLineIsWritten() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(OK)) {
            try (RunningWeir weir = logging("json", '"' + server.address() + '"')) {
                for (int i = 0; i < 50; i++) {
                    weir.exchange(get("/app/" + i));
                }
            }
            assertThat(Files.readAllLines(log())).hasSize(50);
        }
    }
}
